import { createHash } from "node:crypto"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import { createIds } from "@postrider/runtime/ids"

/** Ids that come out the same in every run, and never twice within one. */
export function createSeededIds(clock: Pick<Clock, "now">, seed = "postrider"): Ids {
  let counter = 0
  const random = (size: number): Uint8Array => {
    const chunks: Uint8Array[] = []
    for (let have = 0; have < size; have += 32) {
      chunks.push(createHash("sha256").update(`${seed}:${counter++}`).digest())
    }
    return Buffer.concat(chunks).subarray(0, size)
  }
  return createIds({ clock, random })
}

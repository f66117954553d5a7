import { createHash } from "node:crypto"
import type { SendContent } from "@postrider/core/outbound/send-input"
import type { ByteStream } from "@postrider/core/ports/content-store"
import { isBase64 } from "../schema/is-base64.ts"
import { readText } from "./read-text.ts"

/** A long text of the body that stands where base64 was expected: its content, or null where it is not base64. */
export class LiftedContent {
  readonly content: SendContent | null
  constructor(content: SendContent | null) {
    this.content = content
  }
}

class NotBase64 extends Error {}

/** Reads a text once to check, count and hash what it says. @throws RelayError `invalid_json`. */
export async function liftedContent(text: () => ByteStream): Promise<LiftedContent> {
  const hash = createHash("sha256")
  let size = 0
  try {
    for await (const octets of decode(text())) {
      hash.update(octets)
      size += octets.length
    }
  } catch (error) {
    if (error instanceof NotBase64) return new LiftedContent(null)
    throw error
  }
  return new LiftedContent({ size, sha256: hash.digest("hex"), body: () => decode(text()) })
}

async function* decode(text: ByteStream): AsyncGenerator<Uint8Array> {
  let rest = ""
  for await (const piece of readText(text)) {
    const read = rest + piece
    // The last group is kept back: it alone may be padded.
    const whole = Math.max(0, read.length - 1) & ~3
    if (!/^[A-Za-z0-9+/]*$/.test(read.slice(0, whole))) throw new NotBase64()
    if (whole > 0) yield Buffer.from(read.slice(0, whole), "base64")
    rest = read.slice(whole)
  }
  if (!isBase64(rest)) throw new NotBase64()
  yield Buffer.from(rest, "base64")
}

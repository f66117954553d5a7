import type { DatabaseSync } from "node:sqlite"
import type { Committer } from "./committer.ts"
import { numberOf } from "./read-row.ts"

/** Serial numbers reserved by one write, and the files of one folder. */
export const blockSize = 1000

export interface FileSerials {
  /** Serials that a crash may have left half done: from `settled` up to, not including, `reserved`. */
  readonly unsettled: { settled: number; reserved: number }
  /** A number that no file ever had. */
  take(): Promise<number>
  /** The file of this number is committed or gone. */
  settle(serial: number): void
}

/**
 * Numbers content files. Numbers are reserved in blocks, on the disk before the first of them is used, together with the lowest
 * one still being written: whatever a crash leaves behind lies between the two, so opening looks at those files alone.
 */
export function createFileSerials(db: DatabaseSync, committer: Committer): FileSerials {
  const row = db.prepare("SELECT settled, reserved FROM file_block").get() ?? {}
  const unsettled = { settled: numberOf(row, "settled"), reserved: numberOf(row, "reserved") }
  const save = db.prepare("UPDATE file_block SET settled = ?, reserved = ?")
  const open = new Set<number>()
  let next = unsettled.reserved
  let reserved = unsettled.reserved
  let reserving: Promise<void> | undefined

  async function reserve(): Promise<void> {
    const settled = Math.min(next, ...open)
    const upTo = reserved + blockSize
    try {
      await committer.run(() => save.run(settled, upTo))
      reserved = upTo
    } finally {
      reserving = undefined
    }
  }

  return {
    unsettled,
    async take() {
      while (next >= reserved) {
        reserving ??= reserve()
        await reserving
      }
      const serial = next++
      open.add(serial)
      return serial
    },
    settle: (serial) => void open.delete(serial),
  }
}

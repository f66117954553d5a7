import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { RelayError } from "@postrider/core/error/relay-error"
import { isBusy, storageFault } from "./storage-fault.ts"

/**
 * Holds a directory for this process by an exclusive SQLite lock on an empty file. The operating system drops it with the
 * process, so `kill -9` leaves no false lock, and the data itself stays readable for backups.
 * @throws RelayError `not_ready` when another process, or another engine of this one, holds it.
 */
export function lockDirectory(dir: string): { release(): void } {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(dir, "lock"), { timeout: 0 })
    lock.exec("BEGIN EXCLUSIVE")
  } catch (error) {
    lock?.close()
    if (!isBusy(error)) throw storageFault(error)
    throw new RelayError("not_ready", `The data directory ${dir} is in use by another process.`, {
      fix: "Stop the other process, or give this one a data directory of its own.",
      cause: error,
    })
  }
  const held = lock
  return { release: () => held.close() }
}

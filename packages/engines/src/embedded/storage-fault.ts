import { RelayError } from "@postrider/core/error/relay-error"

/** Primary result codes of SQLite that pass once there is room, memory or a working disk again: sqlite.org/rescode.html. */
const passing: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 13, 14])
const passingSystemCodes: ReadonlySet<string> = new Set([
  "ENOSPC",
  "EDQUOT",
  "EFBIG",
  "EIO",
  "EMFILE",
  "ENFILE",
  "EROFS",
])

/**
 * Turns an error of SQLite or of the file system into `overloaded` where a later try may work (disk full, I/O error, locked),
 * else into `internal`. A RelayError passes as it is.
 */
export function storageFault(error: unknown): RelayError {
  if (error instanceof RelayError) return error
  const { code, errcode } = fieldsOf(error)
  if (typeof errcode === "number" && passing.has(errcode & 0xff)) return overloaded(`sqlite ${errcode}`, error)
  if (typeof code === "string" && passingSystemCodes.has(code)) return overloaded(code, error)
  if (code === "ERR_INVALID_STATE") return new RelayError("not_ready", "The store is closed.", { cause: error })
  return new RelayError("internal", "The store failed.", { internal: `store: ${String(code ?? error)}`, cause: error })
}

/** Whether a file was not there. */
export function isMissingFile(error: unknown): boolean {
  return fieldsOf(error).code === "ENOENT"
}

/** SQLITE_BUSY: someone else has the lock. */
export function isBusy(error: unknown): boolean {
  const { errcode } = fieldsOf(error)
  return typeof errcode === "number" && (errcode & 0xff) === 5
}

/** Waiting writes are over the limit, or the disk refused one. */
export function overloaded(internal: string, cause?: unknown): RelayError {
  return new RelayError("overloaded", "The store cannot take writes now. Try again.", {
    internal,
    cause,
    retryAfterMs: 1000,
  })
}

function fieldsOf(error: unknown): { code?: unknown; errcode?: unknown } {
  return typeof error === "object" && error !== null ? error : {}
}

/** Runs a read of the store and turns what it throws into a fault of ours. */
export function guardStorage<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw storageFault(error)
  }
}

import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { migrate } from "./schema.ts"
import { storageFault } from "./storage-fault.ts"

const pageBytes = 4096

/**
 * Opens `postrider.db`: write-ahead log, every commit on the disk before it is answered.
 * @param options.maxBytes most that the file may grow to; without it, the disk decides.
 * @throws RelayError `not_ready` for a file of a newer version, `overloaded` or `internal` when it cannot be opened.
 */
export function openDatabase(dir: string, options: { maxBytes?: number | undefined } = {}): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(join(dir, "postrider.db"), { timeout: 2000 })
    db.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -32768;
      PRAGMA journal_size_limit = 67108864;
    `)
    migrate(db, dir)
    if (options.maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.floor(options.maxBytes / pageBytes)}`)
    return db
  } catch (error) {
    db?.close()
    throw storageFault(error)
  }
}

import type { DatabaseSync } from "node:sqlite"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Bytes } from "@postrider/core/ports/content-store"
import { numberOf, optionalNumberOf, type Row, textOf } from "./read-row.ts"

/** Where bytes are: in the row, or in the file with a serial number. */
export type ContentPlace = { data: Bytes } | { file: number }
export type ContentRow = ContentPlace & { size: number }

export interface ContentTable {
  find(key: string): ContentRow | undefined
  /** Names the bytes of a key; a file named before becomes garbage, and its serial is answered. */
  put(key: string, row: ContentRow, at: number): number | undefined
  /** Forgets a key; a file that it named becomes garbage, and its serial is answered. */
  remove(key: string): number | undefined
  /** As `remove`, where it was last put before a time. */
  removeOld(key: string, before: number): number | undefined
  /** Keys last put before a time, with those times, in the order of both, after `after`. */
  old(before: number, after: { at: number; key: string }, limit: number): { at: number; key: string }[]
  names(file: number): boolean
  /** Files to be removed, noted in the transaction that stops naming them, so that a crash forgets none. */
  garbage(): number[]
  addGarbage(file: number): void
  forgetGarbage(file: number): void
}

/** Rows of `content` and `garbage`, for use inside a transaction. */
export function createContentTable(db: DatabaseSync): ContentTable {
  const find = db.prepare("SELECT size, data, file FROM content WHERE key = ?")
  const fileOf = db.prepare("SELECT file FROM content WHERE key = ?")
  const put = db.prepare(
    `INSERT INTO content (key, size, data, file, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET size = excluded.size, data = excluded.data, file = excluded.file, at = excluded.at`,
  )
  const remove = db.prepare("DELETE FROM content WHERE key = ?")
  const isOld = db.prepare("SELECT 1 FROM content WHERE key = ? AND at < ?")
  const old = db.prepare("SELECT at, key FROM content WHERE at < ? AND (at, key) > (?, ?) ORDER BY at, key LIMIT ?")
  const names = db.prepare("SELECT 1 FROM content WHERE file = ?")
  const garbage = db.prepare("SELECT file FROM garbage")
  const addGarbage = db.prepare("INSERT OR IGNORE INTO garbage (file) VALUES (?)")
  const forgetGarbage = db.prepare("DELETE FROM garbage WHERE file = ?")

  function discardFile(key: string): number | undefined {
    const row = fileOf.get(key)
    const file = row && optionalNumberOf(row, "file")
    if (file !== undefined) addGarbage.run(file)
    return file
  }

  function removeKey(key: string): number | undefined {
    const file = discardFile(key)
    remove.run(key)
    return file
  }

  return {
    find(key) {
      const row = find.get(key)
      return row && contentOf(row)
    },
    put(key, row, at) {
      const replaced = discardFile(key)
      if ("data" in row) put.run(key, row.size, row.data, null, at)
      else put.run(key, row.size, null, row.file, at)
      return replaced
    },
    remove: removeKey,
    removeOld: (key, before) => (isOld.get(key, before) === undefined ? undefined : removeKey(key)),
    old: (before, after, limit) =>
      old.all(before, after.at, after.key, limit).map((row) => ({ at: numberOf(row, "at"), key: textOf(row, "key") })),
    names: (file) => names.get(file) !== undefined,
    garbage: () => garbage.all().map((row) => numberOf(row, "file")),
    addGarbage: (file) => void addGarbage.run(file),
    forgetGarbage: (file) => void forgetGarbage.run(file),
  }
}

function contentOf(row: Row): ContentRow {
  const size = numberOf(row, "size")
  const file = optionalNumberOf(row, "file")
  if (file !== undefined) return { size, file }
  if (row.data instanceof Uint8Array) return { size, data: row.data }
  throw new RelayError("internal", "The store failed.", { internal: "content row without bytes" })
}

import type { DatabaseSync } from "node:sqlite"
import { type IndexEntry, indexNames, type NewRecord, type StoredRecord } from "@postrider/core/ports/record-store"
import { numberOf, optionalNumberOf, optionalTextOf, type Row, textOf } from "./read-row.ts"

export interface RecordWrite {
  id: string
  body: string
  index?: NewRecord["index"] | undefined
  expiresAt?: number | undefined
}

/** What a write needs to know about the row it replaces. */
export interface RecordHead {
  v: number
  entries: string | undefined
  expiresAt: number | undefined
}

export interface RecordTable {
  read(id: string): Row | undefined
  readMany(ids: readonly string[]): Row[]
  head(id: string): RecordHead | undefined
  /** Writes the row and moves its index entries; answers the new version. */
  write(record: RecordWrite, replaced: RecordHead | undefined): number
  remove(id: string, head: RecordHead): void
  /** Removes at most `limit` records that expired; answers how many. */
  removeExpired(now: number, limit: number): number
}

/** Rows of `record` with their rows of `entry`, for use inside a transaction. */
export function createRecordTable(db: DatabaseSync): RecordTable {
  const read = db.prepare("SELECT id, v, body, entries, expires_at FROM record WHERE id = ?")
  const readMany = db.prepare(
    "SELECT id, v, body, entries, expires_at FROM record WHERE id IN (SELECT value FROM json_each(?))",
  )
  const head = db.prepare("SELECT v, entries, expires_at FROM record WHERE id = ?")
  const insert = db.prepare("INSERT INTO record (id, v, body, entries, expires_at) VALUES (?, ?, ?, ?, ?)")
  const update = db.prepare("UPDATE record SET v = ?, body = ?, entries = ?, expires_at = ? WHERE id = ?")
  const remove = db.prepare("DELETE FROM record WHERE id = ?")
  const addEntry = db.prepare("INSERT INTO entry (name, part, sort, id) VALUES (?, ?, ?, ?)")
  const removeEntry = db.prepare("DELETE FROM entry WHERE name = ? AND part = ? AND sort = ? AND id = ?")
  const expired = db.prepare("SELECT id, v, entries, expires_at FROM record WHERE expires_at <= ? LIMIT ?")

  function removeEntries(id: string, entries: string | undefined): void {
    for (const [name, { part, sort }] of parseEntries(entries)) removeEntry.run(name, part, sort, id)
  }

  function removeRow(id: string, { entries }: RecordHead): void {
    removeEntries(id, entries)
    remove.run(id)
  }

  return {
    read: (id) => read.get(id),
    readMany: (ids) => readMany.all(JSON.stringify(ids)),
    head(id) {
      const row = head.get(id)
      return row && headOf(row)
    },
    write({ id, body, index, expiresAt }, replaced) {
      const v = (replaced?.v ?? 0) + 1
      const entries = formatEntries(index)
      if (replaced === undefined) insert.run(id, v, body, entries ?? null, expiresAt ?? null)
      else update.run(v, body, entries ?? null, expiresAt ?? null, id)
      if (replaced?.entries === entries) return v
      removeEntries(id, replaced?.entries)
      for (const [name, { part, sort }] of parseEntries(entries)) addEntry.run(name, part, sort, id)
      return v
    },
    remove: removeRow,
    removeExpired(now, limit) {
      const rows = expired.all(now, limit)
      for (const row of rows) removeRow(textOf(row, "id"), headOf(row))
      return rows.length
    },
  }
}

export function recordOf<B>(row: Row): StoredRecord<B> {
  const entries = optionalTextOf(row, "entries")
  const expiresAt = optionalNumberOf(row, "expires_at")
  return {
    id: textOf(row, "id"),
    v: numberOf(row, "v"),
    body: JSON.parse(textOf(row, "body")),
    ...(entries !== undefined && { index: Object.fromEntries(parseEntries(entries)) }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

/** True while the record may be seen. */
export function isLive(expiresAt: number | undefined, now: number): boolean {
  return expiresAt === undefined || expiresAt > now
}

function headOf(row: Row): RecordHead {
  return {
    v: numberOf(row, "v"),
    entries: optionalTextOf(row, "entries"),
    expiresAt: optionalNumberOf(row, "expires_at"),
  }
}

/** Index entries as one text, so that a write tells without a look into `entry` whether they moved. */
function formatEntries(index: NewRecord["index"]): string | undefined {
  const entries = indexNames.flatMap((name) => {
    const entry = index?.[name]
    return entry === undefined ? [] : [[name, entry.part, entry.sort]]
  })
  return entries.length === 0 ? undefined : JSON.stringify(entries)
}

function parseEntries(entries: string | undefined): [name: string, entry: IndexEntry][] {
  if (entries === undefined) return []
  const parsed: [string, string, string][] = JSON.parse(entries)
  return parsed.map(([name, part, sort]) => [name, { part, sort }])
}

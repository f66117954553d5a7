import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { IndexName, Page, Query } from "@postrider/core/ports/record-store"
import { readPageCursor, writePageCursor } from "../page-cursor.ts"
import { type Row, textOf } from "./read-row.ts"
import { recordOf } from "./record-table.ts"

export interface QueryScope {
  index: IndexName
  part: string
  now: number
}

/** Reads pages of an index in key order, seeking to where the page before ended. */
export function createRecordQuery(db: DatabaseSync): <B>(scope: QueryScope, query: Query) => Page<B> {
  const prepared = new Map<string, StatementSync>()

  function prepare(sql: string): StatementSync {
    const statement = prepared.get(sql) ?? db.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }

  return <B>({ index, part, now }: QueryScope, query: Query): Page<B> => {
    const after = query.after === undefined ? undefined : readPageCursor(query.after)
    const where = ["e.name = ?", "e.part = ?"]
    const values: (string | number)[] = [index, part]
    if (query.from !== undefined) push("e.sort >= ?", query.from)
    if (query.to !== undefined) push("e.sort < ?", query.to)
    if (after) push(`(e.sort, e.id) ${query.order === "asc" ? ">" : "<"} (?, ?)`, after.sort, after.id)
    const order = query.order === "asc" ? "ASC" : "DESC"
    const rows = prepare(
      `SELECT e.sort, r.id, r.v, r.body, r.entries, r.expires_at FROM entry e CROSS JOIN record r ON r.id = e.id
       WHERE ${where.join(" AND ")} AND (r.expires_at IS NULL OR r.expires_at > ?)
       ORDER BY e.sort ${order}, e.id ${order} LIMIT ?`,
    ).all(...values, now, query.limit + 1)
    return pageOf(rows, query.limit)

    function push(condition: string, ...bound: string[]): void {
      where.push(condition)
      values.push(...bound)
    }
  }
}

function pageOf<B>(rows: readonly Row[], limit: number): Page<B> {
  const shown = rows.slice(0, limit)
  const records = shown.map((row) => recordOf<B>(row))
  const last = shown.at(-1)
  if (rows.length <= limit || last === undefined) return { records }
  return { records, next: writePageCursor({ sort: textOf(last, "sort"), id: textOf(last, "id") }) }
}

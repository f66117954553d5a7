import type { DatabaseSync } from "node:sqlite"
import type { Upkeep } from "../engine.ts"
import { textOf } from "./read-row.ts"
import { guardStorage } from "./storage-fault.ts"

/** Ids by prefix, over the key of the table. */
export function createRecordIds(db: DatabaseSync): Upkeep["recordIds"] {
  const list = db.prepare("SELECT id FROM record WHERE id > ? AND id < ? ORDER BY id LIMIT ?")
  return async (prefix, { after, limit }) =>
    guardStorage(() => list.all(after ?? prefix, endOf(prefix), limit).map((row) => textOf(row, "id")))
}

/** The first text after all that begin with an ASCII prefix. */
function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}

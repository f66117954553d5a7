import type { Ids } from "@postrider/core/ports/ids"
import * as v from "valibot"
import { type CursorScope, decodeCursor, encodeCursor } from "./cursor.ts"
import { fieldFault } from "./schema/field-fault.ts"

/** Fields of every list's query; spread them into its schema. */
export const listQueryEntries = {
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[0-9]{1,4}$/, fieldFault("wrong_type", "must be a whole number")),
      v.transform(Number),
      v.minValue(1, fieldFault("out_of_range", "must be at least 1")),
      v.maxValue(100, fieldFault("out_of_range", "must be at most 100")),
      v.metadata({ description: "Rows a page, 1 to 100." }),
    ),
    "20",
  ),
  cursor: v.optional(v.pipe(v.string(), v.metadata({ description: "`next_cursor` of the page before." }))),
}

export interface ListPage<T> {
  data: T[]
  /** Opaque to the API: where the next page begins. */
  next?: string
}

/** The page a list asks for, its cursor checked against the filters. */
export function listPosition(
  ids: Ids,
  path: string,
  query: { limit: number; cursor?: string | undefined } & Record<string, unknown>,
): { limit: number; after?: string; scope: CursorScope } {
  const { limit, cursor, ...filters } = query
  const scope = { path, ...filters }
  return { limit, scope, ...(cursor === undefined ? {} : { after: decodeCursor(ids, scope, cursor) }) }
}

export function listAnswer<T>(
  ids: Ids,
  scope: CursorScope,
  page: ListPage<T>,
): { data: T[]; next_cursor: string | null; has_more: boolean } {
  const next = page.next === undefined ? null : encodeCursor(ids, scope, page.next)
  return { data: page.data, next_cursor: next, has_more: next !== null }
}

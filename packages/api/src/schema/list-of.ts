import * as v from "valibot"

/** The schema of a list's page. */
export function listOf<S extends v.GenericSchema>(row: S) {
  return v.object({ data: v.array(row), next_cursor: v.nullable(v.string()), has_more: v.boolean() })
}

import * as v from "valibot"
import { fieldFault } from "./field-fault.ts"
import { refuseArrays } from "./refuse-arrays.ts"

/**
 * An object that refuses fields it does not name; those in `readOnly` with a word about why. Valibot looks fields up with `in`, so
 * that a field named like a member of Object.prototype (`toString`) would pass for known; a table without prototype has none.
 */
export function strict<const Entries extends v.ObjectEntries>(
  entries: Entries,
  readOnly: readonly string[] = [],
): v.StrictObjectSchema<Entries, v.ErrorMessage<v.StrictObjectIssue>> {
  const bare: Entries = Object.assign(Object.create(null), entries)
  const schema = v.strictObject(bare, (issue: v.StrictObjectIssue) => {
    const key = issue.path?.[0].key
    const written = issue.expected === "never" && typeof key === "string" && readOnly.includes(key)
    return written ? fieldFault("read_only", "is read-only; remove it") : issue.message
  })
  return refuseArrays(schema)
}

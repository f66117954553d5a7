import * as v from "valibot"

/**
 * An object that refuses fields it does not name. Valibot looks fields up with `in`, so that a field named like a member of
 * Object.prototype (`toString`) would pass for known; a table without prototype has none.
 */
export function strict<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, undefined> {
  const bare: Entries = Object.assign(Object.create(null), entries)
  return v.strictObject(bare)
}

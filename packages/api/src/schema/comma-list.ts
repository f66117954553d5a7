import * as v from "valibot"

/** Several values of a query, by comma. */
export function commaList<const S extends v.GenericSchema<string, string>>(entry: S) {
  return v.pipe(
    v.string(),
    v.transform((text) => text.split(",")),
    v.array(entry),
    v.minLength(1),
    v.maxLength(100),
  )
}

import * as v from "valibot"
import { dictionary } from "./dictionary.ts"
import { fieldFault } from "./field-fault.ts"

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const control = /[\u0000-\u001f\u007f]/

/** One line of text: no control characters, no half characters, `max` characters at most. */
export function line(max: number, min = 1): v.GenericSchema<string, string> {
  return v.pipe(
    v.string(),
    v.minLength(min),
    v.maxLength(max),
    v.check((text) => !control.test(text), fieldFault("control_character", "must not contain control characters")),
    v.check((text) => text.isWellFormed(), fieldFault("invalid_format", "must be well-formed Unicode")),
  )
}

/** An id as it stands in a body or query. */
export const id: v.GenericSchema<string, string> = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, fieldFault("invalid_format", "must be 1 to 64 of A-Z, a-z, 0-9, _ and -")),
)

/** RFC 3339, any offset; normalised to UTC with milliseconds. */
export const time: v.GenericSchema<string, string> = v.pipe(
  v.string(),
  v.check(
    (text) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.test(text) &&
      !Number.isNaN(Date.parse(text)),
    fieldFault("invalid_format", "must be an RFC 3339 time such as 2026-11-01T09:00:00Z"),
  ),
  v.transform((text) => new Date(text).toISOString()),
  v.metadata({ description: "RFC 3339." }),
)

/** Up to 50 pairs of texts, names up to 40 and values up to 500 characters. */
export const metadata: v.GenericSchema<Record<string, string>, Record<string, string>> = v.pipe(
  dictionary(line(40), line(500, 0)),
  v.check((pairs) => Object.keys(pairs).length <= 50, fieldFault("too_many", "must have at most 50 entries")),
)

/** No value twice. */
export function distinct<T extends string>(): v.CheckAction<T[], string> {
  return v.check(
    (values: T[]) => new Set(values).size === values.length,
    fieldFault("duplicate", "names a value twice"),
  )
}

/** `true` and `false` of a query. */
export const flag: v.GenericSchema<string, boolean> = v.pipe(
  v.picklist(["true", "false"]),
  v.transform((text) => text === "true"),
)

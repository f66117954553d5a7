import { type FieldError, RelayError } from "@postrider/core/error/relay-error"
import * as v from "valibot"
import { fieldErrors } from "./field-errors.ts"

export type Schema = v.GenericSchema<unknown, unknown>

/** Checks a JSON body. @throws RelayError `invalid_request` with a JSON Pointer for each faulty field. */
export function validateBody<S extends Schema>(schema: S, body: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, body)
  if (result.success) return result.output
  throw invalidRequest(fieldErrors(result.issues).map(({ path, ...rest }) => ({ pointer: pointerOf(path), ...rest })))
}

/** Checks query parameters, each of which may occur once. @throws RelayError `invalid_request` naming the parameters. */
export function validateQuery<S extends Schema>(schema: S, query: URLSearchParams): v.InferOutput<S> {
  const errors: FieldError[] = []
  const values: Record<string, string> = Object.create(null)
  for (const [name, value] of query) {
    if (name in values) errors.push({ parameter: name, code: "duplicate", detail: `${name} may be given once.` })
    values[name] = value
  }
  const result = v.safeParse(schema, values)
  if (!result.success) {
    errors.push(
      ...fieldErrors(result.issues).map(({ path, ...rest }) => ({ parameter: String(path[0] ?? ""), ...rest })),
    )
  }
  if (errors.length > 0 || !result.success) throw invalidRequest(errors)
  return result.output
}

/** RFC 6901. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
}

/** One problem for all faulty fields; its detail names the first ones. */
export function invalidRequest(errors: FieldError[]): RelayError {
  const shown = errors.slice(0, 3).map(({ detail }) => detail)
  const more = errors.length > 3 ? ` And ${errors.length - 3} more.` : ""
  return new RelayError("invalid_request", shown.join(" ") + more, { errors: errors.slice(0, 100) })
}

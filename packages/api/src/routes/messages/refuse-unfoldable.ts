import { type FieldError, RelayError } from "@postrider/core/error/relay-error"
import { parseAddress } from "@postrider/core/outbound/address"
import { isFoldable, isFoldableName } from "../../schema/is-foldable.ts"
import { pointerOf } from "../../validate.ts"

type Place = (string | number)[]

const addressFields: Record<string, string> = { from: "From", to: "To", cc: "Cc", reply_to: "Reply-To" }

/**
 * The body as it is; what is no text is left to the schema.
 * @throws RelayError `unsupported` naming the headers that no mail could carry (mail-rules G7).
 */
export function refuseUnfoldable(body: unknown): unknown {
  if (!isObject(body)) return body
  const places = [...subject(body), ...headers(body.headers), ...Object.keys(addressFields).flatMap(names(body))]
  if (places.length === 0) return body
  const errors = places.map((place): FieldError => {
    const detail = `${place.join(".")} has a word so long that no line of a mail can hold it.`
    return { pointer: pointerOf(place), code: "too_long", detail }
  })
  throw new RelayError("unsupported", errors.map(({ detail }) => detail).join(" "), {
    errors: errors.slice(0, 100),
    fix: "Put a space into it: a line of a mail has at most 998 octets (RFC 5322 section 2.1.1), and breaks at spaces only.",
  })
}

function subject({ subject }: Record<string, unknown>): Place[] {
  return typeof subject === "string" && !isFoldable("Subject", subject) ? [["subject"]] : []
}

function headers(given: unknown): Place[] {
  const fields: [Place, unknown][] = Array.isArray(given)
    ? given.map((pair: unknown, at): [Place, unknown] => [["headers", at, 1], pair])
    : Object.entries(isObject(given) ? given : {}).map((pair): [Place, unknown] => [["headers", pair[0]], pair])
  return fields.flatMap(([place, pair]) => {
    const [name, value]: unknown[] = Array.isArray(pair) ? pair : []
    return typeof name === "string" && typeof value === "string" && !isFoldable(name, value) ? [place] : []
  })
}

const names =
  (body: Record<string, unknown>) =>
  (field: string): Place[] => {
    const given = body[field]
    const places: [Place, unknown][] = Array.isArray(given)
      ? given.map((address: unknown, at) => [[field, at], address])
      : [[[field], given]]
    return places.flatMap(([place, address]) => {
      const name = nameOf(address)
      return name === null || isFoldableName(addressFields[field] ?? field, name) ? [] : [place]
    })
  }

function nameOf(address: unknown): string | null {
  if (isObject(address)) return typeof address.name === "string" ? address.name : null
  const parsed = typeof address === "string" ? parseAddress(address) : undefined
  return parsed?.ok === true ? parsed.address.name : null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

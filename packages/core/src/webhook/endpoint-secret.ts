import type { FieldError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { invalid } from "./check-endpoint.ts"
import { secretContext } from "./post-event.ts"

const minBytes = 24
const maxBytes = 64
/** 48 letters and digits are standard base64 of 36 bytes, without padding, and hold 285 random bits. */
const madeLength = 48
const maxHeaders = 20
const maxValueLength = 1024

/** Names that belong to HTTP, to the connection or to the signature. */
const reserved =
  /^(webhook-.*|proxy-.*|sec-.*|host|connection|keep-alive|te|trailer|upgrade|expect|transfer-encoding|content-.*|accept-encoding|user-agent)$/

/** A fresh secret. */
export function makeSecret(ports: Pick<Ports, "ids">): string {
  return `whsec_${ports.ids.token(madeLength)}`
}

/** @throws RelayError `invalid_request` unless it is `whsec_` and standard base64 of 24 to 64 bytes. */
export function checkSecret(secret: string): string {
  const bytes = secret.startsWith("whsec_") ? base64Bytes(secret.slice(6)) : undefined
  if (bytes !== undefined && bytes >= minBytes && bytes <= maxBytes) return secret
  const detail = "secret must be whsec_ followed by base64 of 24 to 64 bytes."
  throw invalid([{ pointer: "/secret", code: "invalid_format", detail }])
}

/** Header names in lower case with their values. @throws RelayError `invalid_request` naming the headers. */
export function checkHeaders(headers: Record<string, string>): Record<string, string> {
  const entries = Object.entries(headers)
  const errors = entries.flatMap(([name, value]) => headerErrors(name, value))
  if (entries.length > maxHeaders) {
    errors.push({ pointer: "/headers", code: "too_many", detail: `headers may be up to ${maxHeaders}.` })
  }
  const checked = entries.map(([name, value]) => [name.toLowerCase(), value] as const)
  if (new Set(checked.map(([name]) => name)).size < checked.length) {
    errors.push({ pointer: "/headers", code: "duplicate", detail: "headers name one twice." })
  }
  if (errors.length > 0) throw invalid(errors)
  return Object.fromEntries(checked)
}

/** Sealed for this endpoint alone. */
export function seal(ports: Pick<Ports, "secrets">, endpoint: string, plain: string): string {
  return ports.secrets.seal(plain, secretContext(endpoint))
}

function headerErrors(name: string, value: string): FieldError[] {
  const pointer = `/headers/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)) {
    return [{ pointer, code: "invalid_format", detail: "headers: a name is no HTTP field name." }]
  }
  if (reserved.test(name.toLowerCase())) {
    return [{ pointer, code: "reserved_header", detail: `headers: ${name} is set by Postrider.` }]
  }
  if (/^[*•]+$/.test(value)) return [{ pointer, code: "masked_secret", detail: `headers: ${name} is masked.` }]
  if (/^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value) && value.length <= maxValueLength) return []
  const detail = `headers: the value of ${name} must be 1 to ${maxValueLength} visible ASCII characters.`
  return [{ pointer, code: "invalid_format", detail }]
}

function base64Bytes(text: string): number | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  return (text.length / 4) * 3 - padding
}

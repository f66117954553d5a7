import type { FieldErrorCode } from "../error/codes.ts"

export type HeaderCheck = { ok: true } | { ok: false; code: FieldErrorCode; reason: string }

const maxNameLength = 100
const maxValueLength = 16_384

/** Set by us or by servers on the way, never by callers (mail-rules G5). Names end in `*` for all that begin so. */
const reserved = [
  "bcc",
  "return-path",
  "received",
  "date",
  "sender",
  "mime-version",
  "content-*",
  "resent-*",
  "dkim-signature",
  "arc-*",
  "authentication-results",
  "delivered-to",
  "x-postrider-*",
]
/** Fields of the request write these. */
const written = ["from", "to", "cc", "reply-to", "subject", "message-id"]

/** May a caller set a header of this name (mail-rules G5)? Pure. */
export function checkHeaderName(name: string): HeaderCheck {
  if (!/^[A-Za-z0-9-]+$/.test(name))
    return refuse("invalid_format", "a header name is made of letters, digits and hyphens")
  if (name.length > maxNameLength) return refuse("too_long", `a header name has at most ${maxNameLength} characters`)
  const lower = name.toLowerCase()
  if (written.includes(lower)) return refuse("reserved_header", "set the field of the same name instead")
  const taken = reserved.some((each) => (each.endsWith("*") ? lower.startsWith(each.slice(0, -1)) : lower === each))
  return taken ? refuse("reserved_header", "this header is not the caller's to set") : { ok: true }
}

/** May this be the value of a header, or any rendered text that ends up in one (mail-rules G1)? Pure. */
export function checkHeaderValue(value: string): HeaderCheck {
  if (value.length > maxValueLength) return refuse("too_long", `a header has at most ${maxValueLength} characters`)
  return hasForbiddenCharacters(value)
    ? refuse("control_character", "line breaks, control characters and half characters are not allowed")
    : { ok: true }
}

/** CR, LF, NUL, other C0 but TAB, DEL, and lone surrogates (mail-rules G1). */
export function hasForbiddenCharacters(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text) || !text.isWellFormed()
}

/** One msg-id with its brackets: dot-atom, @, dot-atom or literal (RFC 5322 section 3.6.4), at most 250 octets. */
export function isMessageId(text: string): boolean {
  return text.length <= 250 && /^<[\w!#$%&'*+/=?^`{|}~.-]+@(?:[\w!#$%&'*+/=?^`{|}~.-]+|\[[!-Z^-~]*\])>$/.test(text)
}

const refuse = (code: FieldErrorCode, reason: string): HeaderCheck => ({ ok: false, code, reason })

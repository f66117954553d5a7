import type { FieldErrorCode } from "@postrider/core/error/codes"
import { RelayError } from "@postrider/core/error/relay-error"
import { parseAddress } from "@postrider/core/outbound/address"
import { hasForbiddenCharacters } from "@postrider/core/outbound/header-rules"
import type { Address } from "@postrider/core/outbound/message"
import { encodeWord, encodeWords, foldLines, quoteString } from "nodemailer/lib/mime-funcs"

/** RFC 5322 section 2.1.1, without CRLF. */
const maxLineOctets = 998
const wordLength = 52

/** One header field, folded, without its last CRLF. `pointer` names the field of the request in errors. */
export interface FieldSource {
  name: string
  /** Encoded already. */
  value: string
  pointer: string
}

/** @throws RelayError `invalid_request` where the field cannot be folded to lines of 998 octets (mail-rules G7). */
export function headerField({ name, value, pointer }: FieldSource): string {
  checkText(value, pointer)
  const field = foldLines(`${name}: ${value}`, 76)
  if (field.split("\r\n").some((line) => Buffer.byteLength(line) > maxLineOctets)) {
    throw refused(
      pointer,
      "too_long",
      `${name} has a word so long that no line of at most ${maxLineOctets} octets can hold it`,
    )
  }
  return field
}

/** Free text: as it is when printable ASCII, else as encoded words (RFC 2047). */
export function textField({ name, value, pointer }: FieldSource): string {
  checkText(value, pointer)
  const plain = /^[\t\x20-\x7e]*$/.test(value) && !value.includes("=?")
  const field = headerField({
    name,
    value: plain ? value : encodeWords(value, encodingOf(value), wordLength, true),
    pointer,
  })
  // A line of spaces alone would look like the end of the header (RFC 5322 section 3.2.2).
  if (field.split("\r\n").every((line) => line.trim() !== "")) return field
  return headerField({ name, value: encodeWord(value, encodingOf(value), wordLength), pointer })
}

/** Mailboxes; domains as A-labels. @throws RelayError `invalid_request` */
export function addressField(name: string, addresses: Address[], pointer: string): string {
  return headerField({ name, value: addresses.map((address) => mailbox(address, pointer)).join(", "), pointer })
}

function mailbox({ name, address }: Address, pointer: string): string {
  const parsed = parseAddress(address)
  if (!parsed.ok || parsed.address.name !== null) {
    throw refused(
      pointer,
      "invalid_address",
      parsed.ok ? "an address must stand alone" : `an address is not valid: ${parsed.reason}`,
    )
  }
  if (name === null || name.trim() === "") return parsed.address.address
  checkText(name, pointer)
  return `${phrase(name.trim())} <${parsed.address.address}>`
}

function phrase(name: string): string {
  if (/^[\w ]+$/.test(name)) return name
  return /^[\x20-\x7e]+$/.test(name) && !name.includes("=?")
    ? quoteString(name)
    : encodeWord(name, encodingOf(name), wordLength)
}

/** Q where most of it stays readable. */
function encodingOf(text: string): "Q" | "B" {
  const letters = text.match(/[a-z]/gi)?.length ?? 0
  return (text.match(/[^\x20-\x7e]/g)?.length ?? 0) < letters ? "Q" : "B"
}

export function checkText(text: string, pointer: string): void {
  if (hasForbiddenCharacters(text))
    throw refused(pointer, "control_character", "control characters cannot stand in a header")
}

export const refused = (pointer: string, code: FieldErrorCode, detail: string): RelayError =>
  new RelayError("invalid_request", `The mail cannot be composed: ${detail}.`, { errors: [{ pointer, code, detail }] })

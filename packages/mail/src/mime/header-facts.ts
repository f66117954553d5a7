import type { Address } from "@postrider/core/outbound/message"
import type { ParsedMail } from "@postrider/core/ports/mime"
import { parseAddressHeader } from "mailparser"
import { decodeWords } from "./decode-words.ts"
import { maxHeaderBytes } from "./header-tap.ts"
import { parseDate } from "./parse-date.ts"
import { readHeaderFields } from "./read-header-fields.ts"

/** Longest address list that is read, characters, and most addresses kept of it. */
const maxAddressChars = 256 * 1024
const maxAddresses = 2000
const maxReferences = 200

/** Everything a mail says in its header block, with status `ok` and nothing of the body. */
export function headerFacts(block: { octets: Uint8Array; truncated: boolean }): ParsedMail {
  const { headers, defects: found } = readHeaderFields(block.octets.subarray(0, maxHeaderBytes))
  const defects = new Set(found)
  if (block.truncated) defects.add("header_too_large")
  const all = (name: string) => headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  const first = (name: string) => all(name)[0] ?? null
  const addresses = (name: string) => readAddresses(all(name), defects)
  const subject = first("subject")
  return {
    status: "ok",
    headers,
    messageId: messageIds(first("message-id"))[0] ?? null,
    inReplyTo: messageIds(first("in-reply-to"))[0] ?? null,
    references: messageIds(all("references").join(" ")).slice(0, maxReferences),
    from: readAddresses(all("from").slice(0, 1), defects)[0] ?? null,
    to: addresses("to"),
    cc: addresses("cc"),
    replyTo: addresses("reply-to"),
    subject: subject === null ? null : decodeWords(subject),
    date: parseDate(first("date")),
    text: null,
    html: null,
    attachments: [],
    calendar: null,
    marks: [],
    defects: [...defects],
  }
}

function readAddresses(values: string[], defects: Set<string>): Address[] {
  const text = values.join(", ")
  if (text.length > maxAddressChars) defects.add("too_many_addresses")
  const found = parseAddressHeader(text.slice(0, maxAddressChars), { flatten: true }).value
  if (found.length > maxAddresses) defects.add("too_many_addresses")
  return found
    .slice(0, maxAddresses)
    .filter((one) => one.address !== undefined && one.address !== "")
    .map((one) => ({ name: one.name === "" ? null : one.name, address: one.address ?? "" }))
}

/** Message ids with their angle brackets (RFC 5322 section 3.6.4); a bare one gets them. */
function messageIds(value: string | null): string[] {
  if (value === null) return []
  const bracketed = value.match(/<[^<>\s]{1,995}>/g)
  if (bracketed !== null) return [...bracketed]
  const bare = value.trim().split(/\s+/)[0] ?? ""
  return /^[^\s<>()]{3,995}$/.test(bare) ? [`<${bare}>`] : []
}

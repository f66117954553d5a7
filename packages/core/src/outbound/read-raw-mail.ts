import type { FieldErrorCode } from "../error/codes.ts"
import { RelayError } from "../error/relay-error.ts"
import type { ParsedMail } from "../ports/mime.ts"
import type { Ports } from "../ports/ports.ts"
import { parseAddress } from "./address.ts"
import type { Address } from "./message.ts"
import { type RawFault, type RawScan, scanRaw } from "./scan-raw.ts"
import type { SendContent, SendMessageInput } from "./send-input.ts"

/** A raw mail that may go: what its octets need, and what its headers say. */
export interface RawMail {
  content: SendContent
  scan: RawScan
  from: Address
  to: Address[]
  cc: Address[]
  /** To and Cc name single addresses only, and all of them could be read. */
  namesAll: boolean
  replyTo: Address[]
  subject: string
  /** Null where the header is missing. */
  messageId: string | null
  hasDate: boolean
}

/** Of long lists, so many addresses are shown with the message. */
const maxShown = 50
const maxSubject = 998

const faults: Record<RawFault, [detail: string, fix: string]> = {
  bare_cr: ["The raw mail has a CR without LF.", "End every line with CRLF."],
  mixed_line_ends: ["The raw mail ends some lines with CRLF and others with LF.", "End every line with CRLF."],
  nul: ["The raw mail contains NUL.", "Encode the part that holds it in base64."],
  long_line: [
    "The raw mail has a line of more than 998 octets.",
    "Fold the header, or encode the part in quoted-printable or base64.",
  ],
  long_header: ["The headers of the raw mail are larger than 1 MiB.", "Send smaller headers."],
}

/**
 * Reads a raw mail (mail-rules G8). It goes as it is or not at all; only line ends and a missing Message-ID or Date are mended.
 * @throws RelayError `unsupported` with a fix for what no server would take unchanged, or what would say more than it should.
 */
export async function readRawMail(ports: Pick<Ports, "parser">, content: SendContent): Promise<RawMail> {
  const read = await scanRaw(content.body())
  if (!read.ok) throw refused("invalid_format", ...faults[read.fault])
  const { scan } = read
  const fields = fieldsOf(scan.header)
  const values = (name: string): string[] => fields.flatMap(([key, value]) => (key === name ? [value] : []))
  if (values("bcc").length > 0) {
    const fix = "Remove the header, and name its addresses in rcpt_to."
    throw refused("reserved_header", "A Bcc header would show everybody who was to stay unseen.", fix)
  }
  const from = fromOf(values("from"))
  const parsed = await ports.parser.parseHeaders(scan.header)
  return {
    content,
    scan,
    from: { name: parsed.from === null ? null : shown(parsed.from).name, address: from.address },
    ...{ to: parsed.to.map(shown), cc: parsed.cc.map(shown), replyTo: parsed.replyTo.slice(0, maxShown).map(shown) },
    namesAll: countOf([...values("to"), ...values("cc")]) === parsed.to.length + parsed.cc.length,
    subject: clean(parsed.subject ?? "").slice(0, maxSubject),
    messageId: messageIdOf(values("message-id"), parsed),
    hasDate: values("date").length > 0,
  }
}

/**
 * The request with what the mail says of itself. Without `envelope.rcpt_to` it goes to its To and Cc.
 * @throws RelayError `unsupported` where one of those is no address.
 */
export function describeRaw(input: SendMessageInput, mail: RawMail): SendMessageInput {
  const rcptTo = input.envelope?.rcpt_to ?? recipientsOf(mail)
  return {
    ...input,
    from: mail.from,
    to: mail.to.slice(0, maxShown),
    cc: mail.cc.slice(0, maxShown),
    reply_to: mail.replyTo,
    subject: mail.subject,
    message_id: mail.messageId,
    envelope: { mail_from: input.envelope?.mail_from ?? null, rcpt_to: rcptTo },
  }
}

function recipientsOf(mail: RawMail): string[] {
  const fix = "Mend the To and Cc headers, or name the recipients in rcpt_to."
  if (!mail.namesAll) throw refused("invalid_address", "To or Cc of the raw mail hold a group, or no address.", fix)
  return [...mail.to, ...mail.cc].map(({ address }) => {
    const parsed = parseAddress(address)
    if (parsed.ok && parsed.address.name === null) return parsed.address.address
    throw refused("invalid_address", `The raw mail goes to ${clean(address).slice(0, 100)}, which is no address.`, fix)
  })
}

/** How many addresses lists of them hold; NaN where there is a group among them, which could hold any number. */
function countOf(lists: readonly string[]): number {
  const bare = lists.map((list) => list.replace(/"(?:[^"\\]|\\.)*"|\([^()]*\)/g, ""))
  if (bare.some((list) => list.includes(":"))) return Number.NaN
  return bare.flatMap((list) => list.split(",")).filter((one) => one.trim() !== "").length
}

/** Names in lower case, and values unfolded. @throws RelayError `unsupported` for a line that is none. */
function fieldsOf(header: Uint8Array): [name: string, value: string][] {
  const text = new TextDecoder().decode(header).replace(/\r?\n(?=[ \t])/g, "")
  return text
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => {
      const field = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line)
      if (field?.[1] === undefined || field[2] === undefined) {
        const fix = "Begin the mail with its headers, and end them with an empty line."
        throw refused("invalid_format", "The raw mail has a line among its headers that is none.", fix)
      }
      return [field[1].toLowerCase(), field[2].trim()]
    })
}

/** One header with one address (mail-rules G3), by a grammar that leaves no room for two readings. */
function fromOf(values: readonly string[]): Address {
  const [value] = values
  if (value === undefined || values.length > 1) {
    const many = value === undefined ? "no From header" : "more than one From header"
    throw refused("invalid_address", `The raw mail has ${many}.`, "Give the mail one From header with one address.")
  }
  // Encoded words are made of characters that a bare name may have, all but their beginning.
  const parsed = parseAddress(value.replaceAll("=?", "?").replaceAll("\t", " "))
  if (parsed.ok) return parsed.address
  throw refused("invalid_address", `The From header of the raw mail is no single address: ${parsed.reason}.`, fromFix)
}

const fromFix = 'Write it as "Name <a@b>" with one address, without comments.'

function messageIdOf(values: readonly string[], parsed: ParsedMail): string | null {
  const [value] = values
  if (value === undefined) return null
  return parsed.messageId ?? clean(value).slice(0, maxSubject)
}

const shown = ({ name, address }: Address): Address => ({
  name: name === null ? null : clean(name).slice(0, maxSubject),
  address: clean(address).slice(0, maxSubject),
})

const clean = (text: string): string => text.toWellFormed().replace(/\p{Cc}/gu, " ")

function refused(code: FieldErrorCode, detail: string, fix: string): RelayError {
  return new RelayError("unsupported", detail, { fix, errors: [{ pointer: "/raw", code, detail }] })
}

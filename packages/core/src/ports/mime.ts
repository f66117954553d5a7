import type { Address } from "../outbound/message.ts"
import type { ByteStream } from "./content-store.ts"

export interface ComposedAttachment {
  filename: string | null
  contentType: string
  disposition: "attachment" | "inline"
  contentId: string | null
  size: number
  body(): ByteStream
}

/** A mail to compose. Everything that could vary (Date, Message-ID, boundaries) is fixed in it, so equal input gives equal bytes. */
export interface MailToCompose {
  messageId: string
  /** Milliseconds since the epoch. */
  date: number
  /** Seed of the MIME boundaries. */
  boundarySeed: string
  from: Address
  to: Address[]
  cc: Address[]
  replyTo: Address[]
  subject: string
  text: string | null
  html: string | null
  /** In order; checked before (mail-rules G1, G5). */
  headers: [name: string, value: string][]
  inReplyTo: string | null
  references: string[]
  attachments: ComposedAttachment[]
}

export interface ComposedMail {
  /** Octets, CRLF line ends, 7-bit, no line over 998 octets (mail-rules G7). */
  size: number
  /** May be called again; the same bytes each time. */
  body(): ByteStream
}

export interface MimeComposer {
  compose(mail: MailToCompose): Promise<ComposedMail>
}

export interface ParsedAttachment {
  index: number
  filename: string | null
  content_type: string
  size: number
  sha256: string
  content_id: string | null
  disposition: "attachment" | "inline"
}

export interface ParsedMail {
  status: "ok" | "partial" | "failed" | "oversize"
  /** Short codes of what was wrong, such as `charset_guessed`, `too_many_parts`, `header_too_large`. */
  defects: string[]
  /** All header fields of the mail in order, unfolded, decoded from octets as UTF-8 else windows-1252; RFC 2047 not decoded. */
  headers: [name: string, value: string][]
  messageId: string | null
  inReplyTo: string | null
  references: string[]
  from: Address | null
  to: Address[]
  cc: Address[]
  replyTo: Address[]
  subject: string | null
  /** Milliseconds; null when absent or unreadable. */
  date: number | null
  text: string | null
  html: string | null
  attachments: ParsedAttachment[]
  /** text/calendar part, as text. */
  calendar: { method: string | null; content: string } | null
  marks: ("signed" | "encrypted" | "tnef")[]
}

export interface AttachmentContent {
  meta: ParsedAttachment
  body: ByteStream
}

/** Parsing never throws for what a mail contains: what cannot be parsed comes back as `partial` or `failed` with what could be read. */
export interface MimeParser {
  /** In a worker with limits of time and memory (mail-rules B5). `raw` is read once. */
  parse(raw: ByteStream): Promise<ParsedMail>
  /** Headers alone, for oversize mail. */
  parseHeaders(block: Uint8Array): Promise<ParsedMail>
  /** Cuts one attachment out of the raw mail, decoded; undefined when there is none with that index. */
  attachment(raw: ByteStream, index: number): Promise<AttachmentContent | undefined>
  close(): Promise<void>
}

import type { Address } from "../outbound/message.ts"
import type { ParsedAttachment } from "../ports/mime.ts"

export type InboundKind = "mail" | "bounce" | "complaint" | "auto_reply" | "report"

export interface InboundAttachment extends ParsedAttachment {
  /** `/v1/messages/{id}/attachments/{index}` below the public URL. */
  url: string
}

/** The received message as the API and `message.received` show it: `event.json` holds exactly this. */
export interface InboundMessage {
  id: string
  direction: "inbound"
  kind: InboundKind
  account: string
  tenant: string | null
  source: "imap" | "pop3"
  mailbox: string
  uid?: number
  uidvalidity?: string
  uidl?: string
  message_id: string | null
  in_reply_to: string | null
  references: string[]
  thread_id: string
  from: Address | null
  to: Address[]
  cc: Address[]
  reply_to: Address[]
  delivered_to: string[]
  subject: string | null
  date: string | null
  received_at: string
  created_at: string
  text: string | null
  text_reply: string | null
  html: string | null
  headers: [name: string, value: string][]
  attachments: InboundAttachment[]
  calendar?: { method: string | null; content: string }
  marks: string[]
  flags: string[]
  size: number
  /** Null when only the headers were taken (oversize). */
  raw_url: string | null
  auth: { spf: string | null; dkim: string | null; dmarc: string | null; authserv_id: string } | null
  parse: { status: "ok" | "partial" | "failed" | "oversize"; defects: string[] }
  return_path: string | null
  automatic: string | null
  reply_allowed: boolean
  sent_by: string | null
}

/** Parts left out of lists of messages. */
export type InboundSummary = Omit<InboundMessage, "text" | "text_reply" | "html" | "headers" | "calendar">

/** Body of `in#<id>`. */
export interface InboundRecord {
  summary: InboundSummary
  rawKey: string | null
  eventKey: string
  /** Other mailboxes of the account that hold a copy (mail-rules A6). */
  mailboxes: string[]
  erased?: boolean
  /** The life of the account that received it (mail-rules A1). */
  incarnation?: string
  /** Octets as the server had listed them, which may differ from those that came. */
  listedSize?: number
}

export const inboundRecordId = (id: string): string => `in#${id}`

import type { ByteStream } from "../ports/content-store.ts"
import type { Address } from "./message.ts"

/** Bytes of the request, decoded as they are read, so that a large file is never held twice. */
export interface SendContent {
  /** Octets, decoded. */
  size: number
  /** SHA-256, lower-case hex. */
  sha256: string
  /** The same bytes each time. */
  body(): ByteStream
}

/** An attachment as the caller gave it, decoded. */
export interface SendAttachment {
  filename: string | null
  content: SendContent
  content_type: string | null
  content_id: string | null
  disposition: "attachment" | "inline" | null
}

/** `POST /v1/messages`, checked field by field: addresses parsed (mail-rules G2), values free of controls (G1), headers allowed (G5). */
export interface SendMessageInput {
  account: string | null
  from: Address | null
  to: Address[]
  cc: Address[]
  bcc: Address[]
  reply_to: Address[]
  subject: string
  text: string | null
  html: string | null
  headers: [name: string, value: string][]
  attachments: SendAttachment[]
  tags: string[]
  metadata: Record<string, string>
  message_id: string | null
  envelope: { mail_from: string | null; rcpt_to: string[] | null } | null
  automatic: "replied" | "generated" | null
  priority: "high" | "normal" | "low" | null
  delivery: "at_least_once" | "at_most_once"
  route: string | null
  /** RFC 3339, or null. */
  scheduled_at: string | null
  expires_at: string | null
  hold: boolean
  test: boolean
  /** A raw mail instead of the content fields (mail-rules G8). */
  raw: SendContent | null
}

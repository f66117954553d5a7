import type { FaultStage } from "../ports/mail-fault.ts"
import type { TlsFacts } from "../ports/mail-server.ts"

export interface Address {
  name: string | null
  address: string
}

/** Open list: values are added inside v1. */
export type Category =
  | "unknown_user"
  | "invalid_address"
  | "mailbox_disabled"
  | "mailbox_full"
  | "too_large"
  | "smtputf8_unsupported"
  | "eight_bit_unsupported"
  | "greylisted"
  | "rate_limited"
  | "blocklisted"
  | "relay_denied"
  | "sender"
  | "spam"
  | "policy"
  | "virus"
  | "content"
  | "routing"
  | "server_error"
  | "credentials"
  | "connection"
  | "tls"
  | "expired"
  | "suppressed"
  | "unknown"

export const outboundStatuses = [
  "scheduled",
  "held",
  "queued",
  "deferred",
  "sent",
  "partially_sent",
  "failed",
  "delivery_unknown",
  "cancelled",
  "delivered",
  "bounced",
  "complained",
] as const
export type OutboundStatus = (typeof outboundStatuses)[number]

export const settledStatuses: ReadonlySet<OutboundStatus> = new Set([
  "sent",
  "partially_sent",
  "failed",
  "delivery_unknown",
  "cancelled",
  "delivered",
  "bounced",
  "complained",
])

export type RecipientStatus =
  | "queued"
  | "deferred"
  | "sent"
  | "delivered"
  | "failed"
  | "bounced"
  | "complained"
  | "suppressed"
  | "cancelled"
  | "delivery_unknown"

export interface Recipient {
  address: string
  status: RecipientStatus
  category: Category | null
  code: number | null
  enhanced_code: string | null
  response: string | null
  /** RFC 3339, of the last change. */
  at: string
}

export interface AttemptRecipient {
  address: string
  outcome: "accepted" | "deferred" | "rejected" | "unknown"
  code: number | null
  enhanced_code: string | null
  response: string | null
  category: Category | null
  advice: string | null
}

/** One try over SMTP, as `GET /v1/messages/{id}/attempts` shows it. */
export interface Attempt {
  number: number
  at: string
  route: string
  host: string
  port: number
  tls: TlsFacts | null
  stage: FaultStage
  outcome: "accepted" | "partial" | "deferred" | "rejected" | "unknown"
  code: number | null
  enhanced_code: string | null
  response: string | null
  duration_ms: number
  /** "unsupported" where the server lacks DSN (mail-rules H3). */
  dsn: "requested" | "unsupported" | null
  recipients: AttemptRecipient[]
}

/** The outbound message as the API and the events show it; content is left out of lists and events. */
export interface OutboundMessage {
  id: string
  direction: "outbound"
  account: string
  tenant: string | null
  test: boolean
  status: OutboundStatus
  waiting_for: string | null
  message_id: string
  from: Address
  to: Address[]
  cc: Address[]
  bcc: Address[]
  reply_to: Address[]
  subject: string
  thread_id: string
  recipients: Recipient[]
  attachments: {
    index: number
    filename: string | null
    content_type: string
    size: number
    content_id: string | null
    disposition: string
  }[]
  tags: string[]
  metadata: Record<string, string>
  size: number | null
  attempts: number
  next_attempt_at: string | null
  scheduled_at: string | null
  expires_at: string
  created_at: string
  updated_at: string
  settled_at: string | null
  pending_action: "cancel" | "hold" | null
  possible_duplicate: boolean
  /** Set where the next server put its own Message-ID in place of ours. */
  server_message_id: string | null
  /** Of raw mail: headers that were missing and put on top (mail-rules G8). */
  added_headers?: string[]
}

import type { ByteStream } from "./content-store.ts"
import type { FaultStage, MailFault } from "./mail-fault.ts"
import type { MailServer, TlsFacts } from "./mail-server.ts"

export interface SmtpRecipient {
  address: string
  /** RFC 3461 NOTIFY; only if asked for. */
  notify?: ("success" | "failure" | "delay" | "never")[]
}

export interface SendRequest {
  server: MailServer
  /** Connections to this server that share a pool: account and route. */
  poolKey: string
  /** Most connections of the pool at a time. */
  maxConnections: number
  /** "" is the null sender. */
  mailFrom: string
  recipients: SmtpRecipient[]
  /** Octets on the wire before dot-stuffing, for SIZE (RFC 1870). */
  size: number
  /** The same bytes on every call. CRLF line ends. */
  body(): ByteStream
  /** The bytes contain octets over 127 (BODY=8BITMIME) or the envelope or headers non-ASCII addresses (SMTPUTF8). */
  eightBit: boolean
  smtpUtf8: boolean
  /** RFC 3461, used when the server offers DSN. */
  dsn: { envid: string; ret: "hdrs" | "full" }
  /** Milliseconds since the epoch; the whole attempt ends by then (mail-rules H6). */
  deadline: number
  signal?: AbortSignal
}

/** `unknown`: the connection died, or the deadline passed, after the final dot was sent. */
export type RecipientOutcome = "accepted" | "deferred" | "rejected" | "unknown"

export interface SmtpReply {
  code: number
  enhancedCode: string | null
  /** At most 512 octets, no controls. */
  response: string
}

export interface RecipientResult {
  address: string
  outcome: RecipientOutcome
  /** The server's answer that decided: to RCPT, or to MAIL, DATA or the dot for all that stood then. Null where it said nothing. */
  reply: SmtpReply | null
}

export interface SendResult {
  /** How far the session got: the stage that failed, or `dot` when the final reply came. */
  stage: FaultStage
  /** One for each recipient of the request, in order. */
  recipients: RecipientResult[]
  /** Reply that ended the transaction; null where there was none. */
  reply: SmtpReply | null
  /** Set where the connection or session failed, apart from plain refusals of this mail. */
  fault: MailFault | null
  /** What EHLO offered, read before MAIL (mail-rules H1). */
  offers: { size: number | null; dsn: boolean; smtpUtf8: boolean; eightBitMime: boolean; pipelining: boolean } | null
  dsn: "requested" | "unsupported" | null
  tls: TlsFacts | null
  /** Message-ID that the server put in place of ours, when its last reply shows it. */
  serverMessageId: string | null
  /**
   * The server lacks what this mail needs, so MAIL was not sent (mail-rules H2): all recipients are `rejected` without a reply, the stage is
   * `capability`, there is no fault, and another route may still take the mail.
   */
  unsupported?: "size" | "smtputf8" | "8bitmime"
  durationMs: number
}

export interface SmtpCheck {
  ok: boolean
  stage: FaultStage
  tls: TlsFacts | null
  capabilities: string[]
  authenticated: boolean
  response: string | null
  fault: MailFault | null
}

/** Relays over SMTP. Never throws for what a server does; a server's behaviour is data. */
export interface MailSender {
  send(request: SendRequest): Promise<SendResult>
  /** Connects, logs in, MAIL FROM, RSET, QUIT; no mail. */
  check(server: MailServer, options: { mailFrom: string; deadline: number }): Promise<SmtpCheck>
  /** Closes idle connections now and the others after their transaction. */
  close(): Promise<void>
}

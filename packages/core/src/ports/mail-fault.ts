/** What went wrong between us and a mail server, as the API shows it (`last_error.class`). `auth` and `oauth` alone mean bad credentials. */
export type FaultClass =
  | "auth"
  | "oauth"
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "throttled"
  | "too_many_connections"
  | "protocol"
  | "address_not_allowed"

export type FaultStage =
  | "resolve"
  | "connect"
  | "tls"
  | "greeting"
  | "capability"
  | "starttls"
  | "auth"
  | "select"
  | "list"
  | "fetch"
  | "store"
  | "mail"
  | "rcpt"
  | "data"
  | "body"
  | "dot"
  | "quit"

export interface MailFault {
  class: FaultClass
  stage: FaultStage
  /** SMTP reply code, IMAP/POP3 response code in brackets (`AUTHENTICATIONFAILED`), or a socket error such as `ECONNREFUSED`. */
  code: string | null
  /** RFC 3463, SMTP only. */
  enhancedCode: string | null
  /** The server's own words, at most 512 octets, no control characters; null when it said nothing. */
  response: string | null
  /** What to do about it, one sentence, or null. */
  fix: string | null
  /** True when the settings are at fault (no such host, certificate, STARTTLS or UIDL missing): retried hourly, state `misconfigured` (mail-rules F5). */
  misconfigured: boolean
}

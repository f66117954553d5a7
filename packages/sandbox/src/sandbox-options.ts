/** A login of the sandbox. `accessToken` is what XOAUTH2 has to bring; without it the password does. */
export type SandboxUser = {
  readonly password: string
  readonly addresses?: readonly string[]
  readonly accessToken?: string
}

/** TCP ports to listen on; 0 lets the system choose. The TLS ports exist only with a certificate. */
export type SandboxPortOptions = {
  readonly smtp?: number
  readonly smtps?: number
  readonly submission?: number
  readonly imap?: number
  readonly imaps?: number
  readonly pop3?: number
  readonly pop3s?: number
  readonly control?: number
}

export type SmtpOptions = {
  /** Whether a client may, must or cannot sign in before MAIL. Default `optional`; the submission port always demands it. */
  readonly auth?: "optional" | "required" | "none"
  /** Recipients of one transaction; further ones are answered 452 4.5.3. Default 1,000. */
  readonly maxRecipients?: number
  /** Files a copy of what a signed-in user sends into their Sent mailbox, as Gmail and Microsoft do. Default false. */
  readonly saveSent?: boolean
}

export type SandboxOptions = {
  /** Address to listen on. Default 127.0.0.1: this is no server for strangers. */
  readonly host?: string
  readonly ports?: SandboxPortOptions
  /** PEM key and certificate: offers STARTTLS and STLS and opens the TLS ports. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Logins. Without any, every name signs in with the password "demo". */
  readonly users?: Readonly<Record<string, SandboxUser>>
  /** Whether a mail to an unknown recipient creates the mailbox. Default: only when no users are given. */
  readonly open?: boolean
  /** Domain of the addresses `name@domain`. Default demo.test. */
  readonly domain?: string
  /** Largest message that SMTP, APPEND and the control server take. Default 64 MiB. */
  readonly maxMessageBytes?: number
  readonly smtp?: SmtpOptions
  /** Extensions that are never offered and refused when used, by protocol, e.g. `{ imap: ["MOVE"] }`. */
  readonly withhold?: {
    readonly smtp?: readonly string[]
    readonly imap?: readonly string[]
    readonly pop3?: readonly string[]
  }
  /** Milliseconds since the epoch; greylisting, INTERNALDATE and the log use it. Default: the system clock. */
  readonly now?: () => number
  /** A silent connection is closed after this. Default 30 minutes, the least that RFC 9051 §5.4 allows. */
  readonly idleTimeoutMs?: number
}

/** The ports in use. A missing one is not listening. */
export type SandboxPorts = {
  readonly smtp: number
  readonly imap: number
  readonly pop3: number
  readonly control: number
  readonly smtps?: number
  readonly submission?: number
  readonly imaps?: number
  readonly pop3s?: number
}

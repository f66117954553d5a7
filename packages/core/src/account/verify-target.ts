import type { MailServer } from "../ports/mail-server.ts"
import type { MailProtocol } from "../ports/port-probe.ts"

/** A server to be verified, and what the account wants of it. */
export interface VerifyTarget {
  protocol: MailProtocol
  server: MailServer
  /** SMTP: sender for MAIL FROM. */
  mailFrom?: string
  /** IMAP: as in the settings, `INBOX` by default. */
  mailboxes?: string[]
  /** IMAP: mailbox that taken mail is moved to. */
  moveTo?: string | null
  /** IMAP and POP3: taken mail is deleted at once (`after_store`), later (`after_days`), or not. */
  delete?: "never" | "at_once" | "later"
}

import type { SessionLog } from "./connection/session-log.ts"
import type { FaultBoard } from "./fault/fault-board.ts"
import type { MailStore } from "./mailbox/mail-store.ts"
import type { Mailbox, StoredMessage } from "./mailbox/mailbox.ts"
import type { SandboxPorts } from "./sandbox-options.ts"
import type { SmtpLedger } from "./smtp/ledger.ts"

export type DeliverOptions = {
  /** An address or a name; the mailbox is made when missing. */
  readonly to: string
  /** Default INBOX. */
  readonly mailbox?: string
  readonly internalDate?: Date
  readonly uid?: number
  readonly uidl?: string
  readonly flags?: readonly string[]
}

/** A running sandbox. Everything can be looked at and changed while clients are connected. */
export type Sandbox = {
  readonly host: string
  readonly ports: SandboxPorts
  readonly users: MailStore
  readonly faults: FaultBoard
  /** What SMTP was asked to do, and every accepted message with its envelope. */
  readonly smtp: SmtpLedger
  readonly log: SessionLog
  /** A mailbox of a user, both made when missing. Default INBOX. */
  mailbox(user: string, path?: string): Mailbox
  /** Puts a mail into a mailbox exactly as it is, without headers on top. */
  deliver(raw: Buffer | string, options: DeliverOptions): StoredMessage
  /** Stops listening, cuts all connections; resolves when the ports are free. */
  stop(): Promise<void>
}

import type { SecureContext } from "node:tls"
import type { SessionLog } from "./connection/session-log.ts"
import type { FaultBoard } from "./fault/fault-board.ts"
import type { MailStore } from "./mailbox/mail-store.ts"
import type { SmtpOptions } from "./sandbox-options.ts"
import type { SmtpLedger } from "./smtp/ledger.ts"

/** What every session of every protocol works on. */
export type Services = {
  readonly store: MailStore
  readonly faults: FaultBoard
  readonly log: SessionLog
  readonly ledger: SmtpLedger
  readonly secureContext?: SecureContext
  readonly maxMessageBytes: number
  readonly smtp: Required<SmtpOptions>
  readonly withhold: {
    readonly smtp: readonly string[]
    readonly imap: readonly string[]
    readonly pop3: readonly string[]
  }
  readonly now: () => number
}

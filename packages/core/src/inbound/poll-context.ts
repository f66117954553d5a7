import type { AccountRecord, ImapIntake, Pop3Intake } from "../account/account.ts"
import { RelayError } from "../error/relay-error.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { MailboxSession } from "../ports/mailbox-reader.ts"
import type { Ports } from "../ports/ports.ts"

export type PollPorts = Pick<
  Ports,
  "content" | "records" | "jobs" | "reader" | "parser" | "clock" | "eventClock" | "ids" | "log" | "limits"
>

/** Settings of the intake, whatever the protocol. */
export type Intake = { protocol: "imap"; settings: ImapIntake } | { protocol: "pop3"; settings: Pop3Intake }

/** One poll of one account: what all its steps share. */
export interface PollContext {
  ports: PollPorts
  account: AccountRecord
  session: MailboxSession
  /** Drawn for this poll; holder of leases. */
  run: string
  /** As Holder says. */
  soleProcess: string | null
  startedAt: number
  /** No batch is begun after this time. */
  stopAt: number
  deadline: number
  /** The job was received before: mails are taken one at a time, each named before it is fetched (mail-rules B5). */
  careful: boolean
  /** Mails that wait for a later try are tried now. */
  asked: boolean
  tally: { taken: number; skipped: number; bytes: number }
}

export function isTimeUp({ ports, stopAt }: PollContext): boolean {
  return ports.clock.now() >= stopAt
}

/** The server's fault behind an error; null for errors of our own stores, which end the poll by throwing. */
export function faultOf(error: unknown): MailFault | null {
  return error instanceof RelayError ? (error.options.fault ?? null) : null
}

export interface MailboxOutcome {
  /** Work is left: the time, or what one session may do, was used up. */
  more: boolean
  fault: MailFault | null
}

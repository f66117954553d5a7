import { createSecureContext } from "node:tls"
import { createSessionLog, type SessionLog } from "./connection/session-log.ts"
import { openDoors } from "./doors.ts"
import { createFaultBoard, type FaultBoard } from "./fault/fault-board.ts"
import { createMailStore, type MailStore } from "./mailbox/mail-store.ts"
import type { Mailbox, StoredMessage } from "./mailbox/mailbox.ts"
import { createContent } from "./message/content.ts"
import type { SandboxOptions, SandboxPorts } from "./sandbox-options.ts"
import type { Services } from "./services.ts"
import { createLedger, type SmtpLedger } from "./smtp/ledger.ts"

const defaultMaxMessageBytes = 64 * 1024 * 1024

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
  /** A mailbox of a user, both made when missing. Default INBOX. Paths are as on the wire: ASCII, modified UTF-7 beyond it. */
  mailbox(user: string, path?: string): Mailbox
  /** Puts a mail into a mailbox exactly as it is, without headers on top. */
  deliver(raw: Buffer | string, options: DeliverOptions): StoredMessage
  /** Stops listening, cuts all connections; resolves when the ports are free. */
  stop(): Promise<void>
}

/**
 * Starts a mail server for development, demo and tests: SMTP in, IMAP and POP3 out over the same mailboxes in memory,
 * faults on demand. Never a production server. Rejects when a port is taken; then nothing is left listening.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? "127.0.0.1"
  const services = createServices(options)
  const { store } = services
  const { ports, stop } = await openDoors({ host, services, options })
  const mailbox = (user: string, path = "INBOX"): Mailbox => store.ensure(user).get(path) ?? store.create(user, path)
  return {
    host,
    ports,
    users: store,
    faults: services.faults,
    smtp: services.ledger,
    log: services.log,
    mailbox,
    deliver(raw, { to, mailbox: path, internalDate, ...rest }) {
      const content = createContent(typeof raw === "string" ? Buffer.from(raw) : raw)
      return mailbox(store.recipient(to) ?? to, path).add({
        content,
        internalDate: internalDate ?? new Date(services.now()),
        ...rest,
      })
    },
    stop,
  }
}

function createServices(options: SandboxOptions): Services {
  const now = options.now ?? Date.now
  const { tls, users, smtp, withhold } = options
  return {
    now,
    store: createMailStore({
      now,
      domain: options.domain ?? "demo.test",
      open: options.open ?? users === undefined,
      ...(users ? { users } : {}),
    }),
    faults: createFaultBoard(),
    log: createSessionLog(now),
    ledger: createLedger(),
    maxMessageBytes: options.maxMessageBytes ?? defaultMaxMessageBytes,
    smtp: { auth: "optional", maxRecipients: 1000, saveSent: false, ...smtp },
    withhold: { smtp: [], imap: [], pop3: [], ...withhold },
    ...(tls ? { secureContext: createSecureContext(tls) } : {}),
  }
}

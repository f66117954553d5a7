import type { Socket } from "node:net"
import { createSecureContext } from "node:tls"
import { type Listener, listen } from "./connection/listener.ts"
import { createSessionLog, type SessionRecord } from "./connection/session-log.ts"
import { holdTalk, type Talk } from "./connection/talk.ts"
import { startControlServer } from "./control/control-server.ts"
import { createFaultBoard } from "./fault/fault-board.ts"
import { serveImap } from "./imap/serve-imap.ts"
import { createMailStore } from "./mailbox/mail-store.ts"
import type { Mailbox } from "./mailbox/mailbox.ts"
import { createContent } from "./message/content.ts"
import { servePop3 } from "./pop3/serve-pop3.ts"
import type { Sandbox } from "./sandbox.ts"
import type { SandboxOptions, SandboxPorts } from "./sandbox-options.ts"
import type { Services } from "./services.ts"
import { createLedger } from "./smtp/ledger.ts"
import { serveSmtp } from "./smtp/serve-smtp.ts"

const defaultMaxMessageBytes = 64 * 1024 * 1024
const defaultIdleTimeoutMs = 30 * 60_000

/**
 * Starts a mail server for development, demo and tests: SMTP in, IMAP and POP3 out over the same mailboxes in memory,
 * faults on demand. Never a production server. Rejects when a port is taken; then nothing is left listening.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? "127.0.0.1"
  const services = createServices(options)
  const { store } = services
  const listeners: Partial<Record<keyof SandboxPorts, Listener>> = {}
  const stop = async () => {
    await Promise.all(Object.values(listeners).map((listener) => listener.stop()))
  }
  try {
    for (const [name, door] of Object.entries(doors) as [keyof typeof doors, Door][]) {
      const port = options.ports?.[name]
      if (door.implicitTls && !services.secureContext) {
        if (port !== undefined) throw new TypeError(`ports.${name} needs tls`)
        continue
      }
      if (door.onDemand && port === undefined) continue
      const idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs
      listeners[name] = await listen({
        host,
        port: port ?? 0,
        serve: (socket) => open(door, { services, socket, idleTimeoutMs }),
      })
    }
    listeners.control = await startControlServer({ host, port: options.ports?.control ?? 0, services })
  } catch (error) {
    await stop()
    throw error
  }
  const mailbox = (user: string, path = "INBOX"): Mailbox => store.ensure(user).get(path) ?? store.create(user, path)
  return {
    host,
    ports: portsOf(listeners),
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

type Door = {
  readonly protocol: SessionRecord["protocol"]
  readonly implicitTls?: boolean
  /** Opened only when its port is given. */
  readonly onDemand?: boolean
  readonly serve: (services: Services, talk: Talk) => Promise<void>
  readonly maxLineBytes: number
  readonly lineTooLong: string
}

const smtpDoor = {
  protocol: "smtp",
  maxLineBytes: 16_384,
  lineTooLong: "500 5.5.2 Line too long\r\n",
  serve: (services, talk) => serveSmtp(services, talk, services.smtp.auth === "required"),
} satisfies Door
const imapDoor = {
  protocol: "imap",
  maxLineBytes: 1024 * 1024,
  lineTooLong: "* BYE Line too long\r\n",
  serve: serveImap,
} satisfies Door
const pop3Door = {
  protocol: "pop3",
  maxLineBytes: 16_384,
  lineTooLong: "-ERR Line too long\r\n",
  serve: servePop3,
} satisfies Door

const doors = {
  smtp: smtpDoor,
  smtps: { ...smtpDoor, implicitTls: true },
  submission: {
    ...smtpDoor,
    onDemand: true,
    serve: (services: Services, talk: Talk) => serveSmtp(services, talk, true),
  },
  imap: imapDoor,
  imaps: { ...imapDoor, implicitTls: true },
  pop3: pop3Door,
  pop3s: { ...pop3Door, implicitTls: true },
} satisfies Partial<Record<keyof SandboxPorts, Door>>

type Entry = { readonly services: Services; readonly socket: Socket; readonly idleTimeoutMs: number }

function open(door: Door, entry: Entry): Promise<void> {
  const { protocol, maxLineBytes, lineTooLong, implicitTls = false } = door
  const { services } = entry
  return holdTalk({
    ...entry,
    protocol,
    maxLineBytes,
    lineTooLong,
    implicitTls,
    serve: (talk) => door.serve(services, talk),
  })
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

function portsOf(listeners: Partial<Record<keyof SandboxPorts, Listener>>): SandboxPorts {
  const { smtp, imap, pop3, control, ...others } = listeners
  if (!smtp || !imap || !pop3 || !control) throw new Error("a listener is missing")
  const optional = Object.fromEntries(Object.entries(others).map(([name, listener]) => [name, listener.port]))
  return { smtp: smtp.port, imap: imap.port, pop3: pop3.port, control: control.port, ...optional }
}

import type { Socket } from "node:net"
import { type Listener, listen } from "./connection/listener.ts"
import type { SessionRecord } from "./connection/session-log.ts"
import { holdTalk, type Talk } from "./connection/talk.ts"
import { startControlServer } from "./control/control-server.ts"
import { serveImap } from "./imap/serve-imap.ts"
import { servePop3 } from "./pop3/serve-pop3.ts"
import type { SandboxOptions, SandboxPorts } from "./sandbox-options.ts"
import type { Services } from "./services.ts"
import { serveSmtp } from "./smtp/serve-smtp.ts"

const defaultIdleTimeoutMs = 30 * 60_000

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

export type OpenOptions = { readonly host: string; readonly services: Services; readonly options: SandboxOptions }
export type OpenDoors = { readonly ports: SandboxPorts; stop(): Promise<void> }

/** Listens on every port that is wanted, or on none: rejects with all of them closed again when one is taken. */
export async function openDoors({ host, services, options }: OpenOptions): Promise<OpenDoors> {
  const listeners: Partial<Record<keyof SandboxPorts, Listener>> = {}
  const stop = async () => {
    await Promise.all(Object.values(listeners).map((listener) => listener.stop()))
  }
  const idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs
  try {
    for (const [name, door] of Object.entries(doors) as [keyof typeof doors, Door][]) {
      const port = options.ports?.[name]
      if (!isWanted(door, { name, port, services })) continue
      const serve = (socket: Socket) => enter(door, { services, socket, idleTimeoutMs })
      listeners[name] = await listen({ host, port: port ?? 0, serve })
    }
    listeners.control = await startControlServer({ host, port: options.ports?.control ?? 0, services })
    return { ports: portsOf(listeners), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Wish = { readonly name: string; readonly port: number | undefined; readonly services: Services }

function isWanted(door: Door, { name, port, services }: Wish): boolean {
  if (!door.implicitTls || services.secureContext) return port !== undefined || !door.onDemand
  if (port !== undefined) throw new TypeError(`ports.${name} needs tls`)
  return false
}

type Entry = { readonly services: Services; readonly socket: Socket; readonly idleTimeoutMs: number }

function enter(door: Door, entry: Entry): Promise<void> {
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

function portsOf(listeners: Partial<Record<keyof SandboxPorts, Listener>>): SandboxPorts {
  const { smtp, imap, pop3, control, ...others } = listeners
  if (!smtp || !imap || !pop3 || !control) throw new Error("a listener is missing")
  const optional = Object.fromEntries(Object.entries(others).map(([name, listener]) => [name, listener.port]))
  return { smtp: smtp.port, imap: imap.port, pop3: pop3.port, control: control.port, ...optional }
}

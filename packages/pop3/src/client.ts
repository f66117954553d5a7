import type { TLSSocket } from "node:tls"
import type { Request } from "./answer-reader.ts"
import { type Pop3Capabilities, parseCapabilities } from "./capabilities.ts"
import type { Connection } from "./connection.ts"
import type { Pop3Limits } from "./limits.ts"
import { createLineCollector } from "./line-collector.ts"
import { type ListEntry, parseListLine, parseUidlLine, type UidlEntry } from "./listing.ts"
import { type LoginMechanism, logIn, selectMechanism } from "./login.ts"
import { createMessageBody, type Pop3Message } from "./message-body.ts"
import { Pop3Error } from "./pop3-error.ts"
import type { Pop3Credentials } from "./sasl.ts"

/**
 * One session. Commands are sent one at a time, in the order of the calls; every method rejects with Pop3Error. `refused` leaves the session
 * usable, every other failure has ended it (but `invalid_argument`, and `limit` of a message whose rest was short enough to skip).
 */
export interface Pop3Client {
  readonly greeting: string
  /** The TLS socket, for its certificate and cipher; null over plain text. */
  readonly tls: TLSSocket | null
  /** What ended the session, `quit` included; null while it lives. */
  readonly failure: Pop3Error | null
  /** What the last CAPA said; null before the first, and again after STLS and login, which change it. */
  readonly capabilities: Pop3Capabilities | null
  /** RFC 2449. Empty when the server does not know the command. */
  capa(): Promise<Pop3Capabilities>
  /** Logs in with one mechanism, once: by default the one `selectMechanism` picks. */
  login(credentials: Pop3Credentials, mechanism?: LoginMechanism): Promise<LoginMechanism>
  stat(): Promise<{ count: number; bytes: number }>
  list(number?: number): Promise<ListEntry[]>
  uidl(number?: number): Promise<UidlEntry[]>
  /** Headers, the empty line and `lines` lines of the body. Servers differ for `lines` above 0. */
  top(number: number, lines: number, options?: { maxBytes?: number }): Promise<Pop3Message>
  retr(number: number, options?: { maxBytes?: number }): Promise<Pop3Message>
  /** Marks for removal, which happens when `quit` resolves, and never otherwise. */
  dele(number: number): Promise<void>
  noop(): Promise<void>
  /** Takes back every `dele` of this session. */
  rset(): Promise<void>
  /** Resolves when the server confirmed: only then the marked messages are gone. Ends the connection either way. */
  quit(): Promise<void>
  /** Drops the connection; nothing is removed, pending calls reject with `aborted`. Never throws. */
  close(): void
}

export interface ClientOptions {
  connection: Connection
  limits: Pop3Limits
  host: string
  port: number
  greeting: string
}

export function createClient(options: ClientOptions): Pop3Client {
  const { connection, limits, host, port } = options
  const { request } = connection.exchange
  const send = createCommands(connection, limits)
  let capabilities: Pop3Capabilities | null = null

  const capa = async () => {
    capabilities = parseCapabilities(await send.lines("CAPA").catch(noLines))
    return capabilities
  }
  return {
    greeting: options.greeting,
    get tls() {
      return connection.tls
    },
    get failure() {
      return connection.failure
    },
    get capabilities() {
      return capabilities
    },
    capa,
    async login(credentials, wanted) {
      const mechanism = wanted ?? selectMechanism(credentials, capabilities ?? (await capa()))
      const { commandTimeoutMs, loginTimeoutMs } = limits
      await logIn(credentials, mechanism, { host, port, commandTimeoutMs, loginTimeoutMs, request })
      capabilities = null
      return mechanism
    },
    async stat() {
      const { number, size } = parseListLine((await send.plain("STAT")).text, "STAT")
      return { count: number, bytes: size }
    },
    list: async (number) => (await send.listing("LIST", number)).map((line) => parseListLine(line, "LIST")),
    uidl: async (number) => (await send.listing("UIDL", number)).map((line) => parseUidlLine(line, "UIDL")),
    top: async (number, lines, own) => send.message("TOP", [number, lines], own?.maxBytes),
    retr: async (number, own) => send.message("RETR", [number], own?.maxBytes),
    dele: async (number) => void (await send.plain("DELE", [number])),
    noop: async () => void (await send.plain("NOOP")),
    rset: async () => void (await send.plain("RSET")),
    async quit() {
      await send.plain("QUIT").finally(() => connection.end())
    },
    close: () => connection.end(new Pop3Error("aborted", "the session was closed")),
  }
}

/** The three shapes of an answer: a line, a listing, a message. */
function createCommands(connection: Connection, limits: Pop3Limits) {
  const { request } = connection.exchange
  const base = (command: string, args: readonly number[]): Request => {
    if (args.some((arg) => !Number.isSafeInteger(arg) || arg < 0)) {
      throw new Pop3Error("invalid_argument", `${command} takes whole numbers`, { command })
    }
    return { command, line: [command, ...args].join(" "), timeoutMs: limits.commandTimeoutMs }
  }
  const abandon = (error: Pop3Error) => connection.end(error)
  const plain = async (command: string, args: readonly number[] = []) => request(base(command, args))
  const lines = async (command: string) => {
    const collector = createLineCollector({ ...limits, command, abandon })
    await request({ ...base(command, []), content: collector.sink })
    return collector.lines
  }
  return {
    plain,
    lines,
    /** With a number the answer is one line, on the status line itself. */
    listing: async (command: string, number?: number) =>
      number === undefined ? lines(command) : [(await plain(command, [number])).text],
    async message(command: string, args: readonly number[], maxBytes = limits.maxMessageBytes): Promise<Pop3Message> {
      const { pause, resume } = connection
      const { sink, iterator } = createMessageBody({ ...limits, command, maxBytes, pause, resume, abandon })
      const { text } = await request({ ...base(command, args), content: sink })
      return { response: text, [Symbol.asyncIterator]: () => iterator }
    },
  }
}

function noLines(error: unknown): string[] {
  if (error instanceof Pop3Error && error.code === "refused") return []
  throw error
}

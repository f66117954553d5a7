import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { Logger } from "@postrider/core/ports/logger"
import type { MailServer, VetAddress } from "@postrider/core/ports/mail-server"
import type { MailboxReader, MailboxSession, OpenOptions } from "@postrider/core/ports/mailbox-reader"
import { faultError } from "../fault/fault-error.ts"
import { socketFault } from "../fault/socket-fault.ts"
import type { ReaderLimits } from "./client-options.ts"
import { connectImap, type Dial, type ImapConnection } from "./connection.ts"
import { aborted, bareFault, createLifetime } from "./lifetime.ts"
import { createImapSession, type ServerHabits } from "./session.ts"

export interface ImapReaderOptions {
  vet: VetAddress
  clock: Clock
  log: Logger
  /** Octets of the largest mail; 64 MiB by default. */
  maxMessageBytes?: number
  /** Rows that a server may send for one listing; 500,000 by default. */
  maxListedMails?: number
  timeouts?: Partial<ReaderLimits["timeouts"]>
}

const defaultTimeouts: ReaderLimits["timeouts"] = { connectMs: 15_000, greetingMs: 30_000, silenceMs: 45_000 }
const rememberedServers = 1_000

/** Reads mailboxes over IMAP4rev1 (RFC 3501, RFC 9051) through imapflow. See the port for what sessions promise. */
export function createImapReader(options: ImapReaderOptions): MailboxReader {
  const limits: ReaderLimits = {
    log: options.log,
    clock: options.clock,
    maxMessageBytes: options.maxMessageBytes ?? 64 * 1024 * 1024,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
  }
  const maxListedMails = options.maxListedMails ?? 500_000
  const habits = new Map<string, ServerHabits>()

  return {
    async open({ server, deadline, signal }: OpenOptions): Promise<MailboxSession> {
      requireCredentials(server)
      const lifetime = createLifetime(options.clock, { deadline, signal })
      try {
        const connection = await dialEach(options.vet, { server, lifetime, limits })
        return createImapSession(connection, { habits: habitsOf(habits, server), maxListedMails })
      } catch (error) {
        lifetime.end(aborted())
        throw error
      }
    },
  }
}

/** Tries the vetted addresses in order; only a connection that never came about lets the next one be tried. */
async function dialEach(vet: VetAddress, dial: Omit<Dial, "address">): Promise<ImapConnection> {
  const { server, lifetime } = dial
  const target = { host: server.host, port: server.port, purpose: "mail" as const }
  const addresses = await lifetime.guard("resolve", () => vet(target, lifetime.signal))
  let last: unknown = null
  for (const { address } of addresses) {
    try {
      return await connectImap({ address, ...dial })
    } catch (error) {
      last = error
      if (lifetime.ending !== null || !isUnreachable(error)) throw error
    }
  }
  throw (
    last ?? faultError(socketFault(Object.assign(new Error("no address"), { code: "EAI_NODATA" }), "resolve", server))
  )
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof RelayError && error.options.fault?.stage === "connect"

function requireCredentials({ credentials }: MailServer): void {
  const secret = credentials?.kind === "token" ? credentials.accessToken : credentials?.password
  if (secret !== undefined && secret !== "" && credentials?.username !== "") return
  const fix = "set username and password"
  throw faultError({ ...bareFault("auth", "auth", null), fix, misconfigured: true })
}

/** Bounded by dropping the oldest: forgetting costs one STATUS. */
function habitsOf(known: Map<string, ServerHabits>, { host, port }: MailServer): ServerHabits {
  const key = `${host}:${port}`
  const habits = known.get(key) ?? { givesUidNext: false }
  known.delete(key)
  known.set(key, habits)
  const oldest = known.size > rememberedServers ? known.keys().next().value : undefined
  if (oldest !== undefined) known.delete(oldest)
  return habits
}

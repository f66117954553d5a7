import type { RelayError } from "@postrider/core/error/relay-error"
import type { FaultStage } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import { ImapFlow, type ImapFlowError } from "imapflow"
import { tlsBehindSilence } from "../dial/tls-behind-silence.ts"
import { faultError } from "../fault/fault-error.ts"
import { answersWithTlsFault } from "../fault/tls-fault.ts"
import { clientOptions, type ReaderLimits } from "./client-options.ts"
import { imapError } from "./imap-fault.ts"
import { bareFault, type Lifetime } from "./lifetime.ts"
import { type Allowance, createReadingMeter, type ReadingMeter } from "./reading-meter.ts"
import { createTransport, type DialProgress } from "./transport.ts"

/** A logged-in imapflow client whose failures are RelayErrors and whose calls all end. */
export interface ImapConnection {
  readonly client: ImapFlow
  readonly lifetime: Lifetime
  readonly progress: DialProgress
  /** Runs commands; whatever goes wrong is thrown as a RelayError with `stage`. Past `allowance` the session ends. */
  run<T>(stage: FaultStage, work: () => Promise<T>, allowance?: Allowance): Promise<T>
  /** As `run`, with imapflow's own error, for callers that tell a refusal from a fault. Throws RelayError once the session is over. */
  attempt<T>(stage: FaultStage, work: () => Promise<T>, allowance?: Allowance): Promise<T>
  fail(stage: FaultStage, error: unknown): RelayError
  /** The error of a command that imapflow answered with `false`. */
  refused(stage: FaultStage): RelayError
  /** LOGOUT; true when the server said BYE. Throws when the connection dies instead. */
  logout(): Promise<boolean>
}

export interface Dial {
  address: string
  server: MailServer
  lifetime: Lifetime
  limits: ReaderLimits
}

/** Greeting, capabilities, login and namespace: a few lines. */
const openingAllowance = (): Allowance => ({ octets: 4 * 1024 * 1024, lines: 10_000, code: "TooMuchData" })

/** Connects to one address and logs in, one mechanism, one try (mail-rules F3). */
export async function connectImap({ address, server, lifetime, limits }: Dial): Promise<ImapConnection> {
  const progress: DialProgress = { stage: "connect", answeredWithTls: false, tls: null }
  const refusals: { last: unknown } = { last: null }
  const meter = createReadingMeter((code) => lifetime.end((stage) => faultError(bareFault("protocol", stage, code))))
  const client = new ImapFlow({
    ...clientOptions({ server, address, limits, onRefusal: (error) => (refusals.last = error) }),
    transport: createTransport(server, { progress, onRead: meter.watch }),
  })
  const fail = (stage: FaultStage, error: unknown) =>
    imapError(error, { stage, server, progress, greeted: client.greeting !== undefined })
  // Set while the end of the connection is news: before, connect() rejects; after LOGOUT it is wanted.
  const live = { on: false }
  // Listeners before connect: an `error` nobody listens to ends the process, and some failures close without one.
  client.on("error", (error) => {
    if (live.on) lifetime.end((stage) => fail(stage, error))
  })
  client.on("close", () => {
    if (live.on) lifetime.end((stage) => fail(stage, closedError(client.byeReason)))
  })
  lifetime.signal.addEventListener("abort", () => client.close(), { once: true })

  const noGreeting = watchSilence(client, { address, server, lifetime, limits })
  try {
    await lifetime.guard("connect", () => meter.hold(openingAllowance(), () => client.connect()))
  } catch (error) {
    const stage = reachedStage(client, server, progress)
    client.close()
    if (lifetime.ending !== null) throw lifetime.ending(stage)
    throw fail(failedStage(error, stage), error)
  } finally {
    noGreeting.abort()
  }
  live.on = true
  return session(client, { lifetime, progress, meter, fail, refusals, live })
}

/** Ends the session when the port keeps silent because it waits for a TLS handshake. Abort it once the greeting is no question any more. */
function watchSilence(client: ImapFlow, { address, server, lifetime, limits }: Dial): AbortController {
  const watch = new AbortController()
  if (server.security === "tls") return watch
  const signal = AbortSignal.any([watch.signal, lifetime.signal])
  void tlsBehindSilence(limits.clock, { address, port: server.port, signal }).then((speaksTls) => {
    if (speaksTls && client.greeting === undefined) lifetime.end(() => faultError(answersWithTlsFault(server)))
  })
  return watch
}

interface Parts {
  lifetime: Lifetime
  progress: DialProgress
  meter: ReadingMeter
  fail: (stage: FaultStage, error: unknown) => RelayError
  refusals: { last: unknown }
  live: { on: boolean }
}

function session(client: ImapFlow, { lifetime, progress, meter, fail, refusals, live }: Parts): ImapConnection {
  const attempt = <T>(stage: FaultStage, work: () => Promise<T>, allowance?: Allowance) => {
    refusals.last = null
    return lifetime.guard(stage, allowance === undefined ? work : () => meter.hold(allowance, work))
  }
  return {
    client,
    lifetime,
    progress,
    attempt,
    run: (stage, work, allowance) =>
      attempt(stage, work, allowance).catch((error: unknown) => Promise.reject(fail(stage, error))),
    fail,
    refused: (stage) => fail(stage, refusals.last ?? Object.assign(new Error("Not sent"), { code: "Refused" })),
    logout: async () => {
      live.on = false
      await lifetime.guard("quit", () => client.logout())
      return client.byeReason !== undefined
    },
  }
}

/** How far the opening got. */
function reachedStage(client: ImapFlow, { security }: MailServer, { stage, tls }: DialProgress): FaultStage {
  if (stage !== "greeting" || client.greeting === undefined) return stage
  if (client.capabilities.size === 0) return "capability"
  return security === "starttls" && tls === null ? "starttls" : "auth"
}

/** imapflow sometimes tells better what failed: it has closed, or moved on, by the time the error arrives. */
function failedStage(error: unknown, reached: FaultStage): FaultStage {
  if (!(error instanceof Error)) return reached
  const { authenticationFailed, tlsFailed }: Partial<ImapFlowError> = error
  return authenticationFailed === true ? "auth" : tlsFailed === true ? "starttls" : reached
}

const closedError = (reason: string | undefined): Error =>
  Object.assign(new Error("Connection closed"), { code: "NoConnection", reason })

import type { Clock } from "@postrider/core/ports/clock"
import type { MailServer, VetAddress } from "@postrider/core/ports/mail-server"
import type { ResolvedAddress } from "@postrider/core/ports/name-resolver"
import type { Pop3Client } from "@postrider/pop3/client"
import { connectPop3 } from "@postrider/pop3/connect-pop3"
import type { Pop3Options } from "@postrider/pop3/options"
import { Pop3Error } from "@postrider/pop3/pop3-error"
import { answersWithTls } from "../dial/answers-with-tls.ts"
import { checkPeer } from "../dial/certificate-check.ts"
import { tlsBehindSilence } from "../dial/tls-behind-silence.ts"
import { pinnedOptions } from "../dial/tls-options.ts"
import { faultError } from "../fault/fault-error.ts"
import { socketFault } from "../fault/socket-fault.ts"
import { answersWithTlsFault } from "../fault/tls-fault.ts"
import type { Deadline } from "./deadline.ts"
import { pop3Failure } from "./pop3-fault.ts"
import type { Pop3Timeouts } from "./timeouts.ts"

export interface Dial {
  server: MailServer
  vet: VetAddress
  clock: Clock
  deadline: Deadline
  timeouts: Pop3Timeouts
}

/**
 * Connects to the first vetted address that answers, TLS included, up to the greeting (mail-rules N1, N2). The addresses share the deadline of
 * connecting; only one where no connection came about lets the next be tried.
 * @throws RelayError with a fault.
 */
export async function dialServer(dial: Dial): Promise<Pop3Client> {
  const { host, port } = dial.server
  const addresses = await resolve(dial)
  let last: unknown
  for (const [at, { address }] of addresses.entries()) {
    try {
      return await connect(dial, { address, sharers: addresses.length - at })
    } catch (error) {
      last = error
      if (!(error instanceof Pop3Error) || error.stage !== "connect" || dial.deadline.signal.aborted) {
        throw await explain(error, { ...dial, address })
      }
    }
  }
  const error = last ?? Object.assign(new Error(`${host}:${port} has no address`), { code: "EAI_NODATA" })
  throw last === undefined
    ? faultError(socketFault(error, "resolve", dial.server), error)
    : pop3Failure(error, dial.server)
}

/** A port that keeps silent because it waits for a TLS handshake is given up at once. */
async function connect(dial: Dial, target: { address: string; sharers: number }): Promise<Pop3Client> {
  const options = optionsFor(dial, target)
  if (dial.server.security === "tls") return connectPop3(options)
  const over = new AbortController()
  const wrong = new AbortController()
  const signal = AbortSignal.any([over.signal, dial.deadline.signal])
  void tlsBehindSilence(dial.clock, { address: target.address, port: dial.server.port, signal }).then((speaksTls) => {
    if (speaksTls) wrong.abort()
  })
  try {
    return await connectPop3({ ...options, signal: AbortSignal.any([dial.deadline.signal, wrong.signal]) })
  } catch (error) {
    throw wrong.signal.aborted ? faultError(answersWithTlsFault(dial.server), error) : error
  } finally {
    over.abort()
  }
}

/** The resolver keeps its own deadline; ours may be shorter. */
async function resolve({ vet, server, deadline }: Dial): Promise<ResolvedAddress[]> {
  const { signal } = deadline
  const late = Promise.withResolvers<never>()
  const onAbort = () =>
    late.reject(faultError({ ...socketFault(signal.reason, "resolve"), class: "timeout" }, signal.reason))
  if (signal.aborted) onAbort()
  signal.addEventListener("abort", onAbort, { once: true })
  try {
    return await Promise.race([vet({ host: server.host, port: server.port, purpose: "mail" }, signal), late.promise])
  } finally {
    signal.removeEventListener("abort", onAbort)
  }
}

function optionsFor({ server, deadline, timeouts }: Dial, target: { address: string; sharers: number }): Pop3Options {
  const expected = { name: server.tls.serverName ?? server.host, settings: server.tls }
  const remainingMs = deadline.remainingMs()
  return {
    host: server.host,
    port: server.port,
    address: target.address,
    tls: server.security === "tls" ? "implicit" : server.security,
    tlsOptions: pinnedOptions(server.tls, server.host),
    checkPeer: (socket) => checkPeer(socket, expected),
    signal: deadline.signal,
    connectTimeoutMs: Math.max(1, timeouts.connectMs / target.sharers),
    tlsTimeoutMs: timeouts.connectMs,
    // Half of what is left, so that there is time to find out why the server keeps silent.
    greetingTimeoutMs: Math.max(1, Math.min(timeouts.greetingMs, remainingMs / 2)),
    commandTimeoutMs: timeouts.commandMs,
    loginTimeoutMs: timeouts.loginMs,
    totalTimeoutMs: remainingMs + 1_000,
    drainBytes: 8 * 1024 * 1024,
  }
}

/** A server that does not greet in plain text may be one that waits for a TLS handshake. */
async function explain(
  error: unknown,
  { server, address, deadline, timeouts }: Dial & { address: string },
): Promise<unknown> {
  const puzzled =
    error instanceof Pop3Error && error.stage === "greeting" && ["timeout", "protocol"].includes(error.code)
  if (!puzzled || server.security === "tls") return pop3Failure(error, server)
  const timeoutMs = Math.min(timeouts.probeMs, deadline.remainingMs())
  if (timeoutMs > 0 && (await answersWithTls({ address, port: server.port, timeoutMs }))) {
    return faultError(answersWithTlsFault(server), error)
  }
  return pop3Failure(error, server)
}

import { connect, isIP, type Socket } from "node:net"
import { connect as connectTls, type TLSSocket } from "node:tls"
import { createExchange, type Exchange, injected } from "./exchange.ts"
import { createLifetime } from "./lifetime.ts"
import type { Pop3Limits } from "./limits.ts"
import type { Pop3Options } from "./options.ts"
import { Pop3Error, type Pop3Stage } from "./pop3-error.ts"
import { createWatchdog, type Watchdog } from "./watchdog.ts"

/** A socket with the answers expected on it. However it ends, everything pending rejects with one failure, and nothing is thrown past that. */
export interface Connection {
  readonly exchange: Exchange
  readonly watchdog: Watchdog
  readonly tls: TLSSocket | null
  /** TLS over the open socket; octets received before it are an attack (RFC 2595 section 2.1). */
  secure(): Promise<void>
  /** Stops reading the socket, so that TCP slows the server down. */
  pause(): void
  resume(): void
  /** What fails from here on failed in this stage. */
  enter(stage: Pop3Stage): void
  /** Ends the connection, at once or, without a failure, after what was written. */
  end(failure?: Pop3Error): void
}

/** Opens the TCP connection; with `tls: "implicit"` the TLS session too. */
export async function openConnection(options: Pop3Options, limits: Pop3Limits): Promise<Connection> {
  const connection = createConnection(options, limits)
  await connection.connected
  if (options.tls === "implicit") await connection.secure()
  connection.enter("greeting")
  return connection
}

function createConnection(options: Pop3Options, limits: Pop3Limits): Connection & { connected: Promise<void> } {
  let stage: Pop3Stage = "connect"
  let failed = false
  let tls: TLSSocket | null = null
  let phase: PromiseWithResolvers<void> | undefined
  const lifetime = createLifetime({
    totalTimeoutMs: limits.totalTimeoutMs,
    signal: options.signal,
    onEnd: (error) => end(error),
  })
  const watchdog = createWatchdog((error) => end(error))
  const write = (text: string) => void socket.write(text)
  const exchange = createExchange({
    maxLineBytes: limits.maxLineBytes,
    watchdog,
    write,
    abandon: (error) => end(error),
  })

  const end = (failure?: Pop3Error) => {
    if (failed) return
    failed = true
    lifetime.stop()
    if (failure === undefined) socket.destroySoon()
    else socket.destroy()
    const reason = failure ?? new Pop3Error("closed", "the session has ended")
    exchange.fail(reason)
    phase?.reject(reason)
  }
  const listen = (current: Socket) => {
    current.on("error", (error) => end(socketFailure(error, stage)))
    current.on("end", () => end(closedFailure(stage)))
    current.on("close", () => end(closedFailure(stage)))
  }
  const reach = async (next: Pop3Stage, timeoutMs: number, start: (done: () => void) => void) => {
    stage = next
    const current = Promise.withResolvers<void>()
    phase = current
    const timer = setTimeout(() => end(lateFailure(next, timeoutMs)), timeoutMs)
    start(() => current.resolve())
    await current.promise.finally(() => clearTimeout(timer))
  }

  let socket: Socket = connect({ host: options.address ?? options.host, port: options.port, noDelay: true })
  listen(socket)
  const connected = reach("connect", limits.connectTimeoutMs, (done) => socket.once("connect", done))
  lifetime.start()
  const feed = (chunk: Buffer) => exchange.feed(chunk)
  const secure = async () => {
    const plain = socket
    plain.off("data", feed)
    if (plain.readableLength > 0) end(injected("STLS"))
    await reach("tls", limits.tlsTimeoutMs, (done) => {
      if (failed) return phase?.reject(injected("STLS"))
      tls = connectTls(tlsOptions(options, plain))
      socket = tls
      listen(tls)
      tls.once("secureConnect", done)
    })
    const refused = tls === null ? undefined : options.checkPeer?.(tls)
    if (refused !== undefined) end(socketFailure(refused, "tls"))
    if (refused !== undefined) throw socketFailure(refused, "tls")
  }
  return {
    connected,
    exchange,
    watchdog,
    secure,
    end,
    get tls() {
      return tls
    },
    enter(next) {
      stage = next
      if (socket.listenerCount("data") === 0) socket.on("data", feed)
    },
    pause() {
      socket.pause()
      watchdog.rest(true)
    },
    resume() {
      if (!socket.isPaused() || failed) return
      socket.resume()
      watchdog.rest(false)
    },
  }
}

function tlsOptions(options: Pop3Options, socket: Socket) {
  const servername = isIP(options.host) === 0 ? options.host : ""
  // Without a name in `host` Node would check the certificate for "localhost".
  return { servername, ...options.tlsOptions, host: options.tlsOptions?.host ?? options.host, socket }
}

function socketFailure(cause: Error, stage: Pop3Stage): Pop3Error {
  if (cause instanceof Pop3Error) return cause
  const code = stage === "connect" || stage === "tls" ? stage : "closed"
  return new Pop3Error(code, `${names[stage]}: ${cause.message}`, { stage, cause })
}

const closedFailure = (stage: Pop3Stage): Pop3Error =>
  new Pop3Error(stage === "tls" ? "tls" : "closed", `${names[stage]}: the server closed the connection`, { stage })

const lateFailure = (stage: Pop3Stage, timeoutMs: number): Pop3Error =>
  new Pop3Error("timeout", `${names[stage]}: nothing within ${timeoutMs} ms`, { stage })

const names: Record<Pop3Stage, string> = {
  connect: "connecting",
  tls: "TLS handshake",
  greeting: "waiting for the greeting",
  command: "session",
}

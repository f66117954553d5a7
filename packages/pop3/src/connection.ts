import { isIP, type Socket } from "node:net"
import type { ConnectionOptions, TLSSocket } from "node:tls"
import { injected } from "./answer-reader.ts"
import { createExchange, type Exchange } from "./exchange.ts"
import { createLifetime } from "./lifetime.ts"
import type { Pop3Limits } from "./limits.ts"
import { createLink, type Link } from "./link.ts"
import type { Pop3Options } from "./options.ts"
import { Pop3Error } from "./pop3-error.ts"
import { createWatchdog } from "./watchdog.ts"

/** A socket with the answers expected on it. However it ends, everything pending rejects with one failure, and nothing is thrown past that. */
export interface Connection {
  readonly exchange: Exchange
  readonly tls: TLSSocket | null
  /** What ended it; null while it lives. */
  readonly failure: Pop3Error | null
  /** TLS over the open socket; octets received before it are an attack (RFC 2595 section 2.1). */
  secure(): Promise<void>
  /** Stops reading the socket, so that TCP slows the server down; no deadline but the total one runs meanwhile. */
  pause(): void
  resume(): void
  /** From here on lines are read, and what fails failed in this stage. */
  enter(stage: "greeting" | "command"): void
  /** Ends the connection, at once or, without a failure, after what was written. */
  end(failure?: Pop3Error): void
}

/** Opens the TCP connection; with `tls: "implicit"` the TLS session too. */
export async function openConnection(options: Pop3Options, limits: Pop3Limits): Promise<Connection> {
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) {
    throw new Pop3Error("invalid_argument", "port is a whole number from 1 to 65535", { stage: "connect" })
  }
  const link = createLink({ host: options.address ?? options.host, port: options.port })
  const connection = createConnection(link, { options, limits })
  await link.reach("connect", limits.connectTimeoutMs)
  if (options.tls === "implicit") await connection.secure()
  connection.enter("greeting")
  return connection
}

function createConnection(link: Link, { options, limits }: { options: Pop3Options; limits: Pop3Limits }): Connection {
  const watchdog = createWatchdog(link.end)
  const exchange = createExchange({ maxLineBytes: limits.maxLineBytes, watchdog, write: link.write, abandon: link.end })
  const lifetime = createLifetime({ totalTimeoutMs: limits.totalTimeoutMs, signal: options.signal, onEnd: link.end })
  const feed = (chunk: Buffer) => exchange.feed(chunk)
  link.onEnd((failure) => {
    lifetime.stop()
    exchange.fail(failure)
  })
  lifetime.start()

  return {
    exchange,
    get tls() {
      return link.tls()
    },
    get failure() {
      return link.failure()
    },
    end: link.end,
    async secure() {
      link.socket().off("data", feed)
      if (link.socket().readableLength > 0) link.end(injected("STLS"))
      link.upgrade(tlsOptions(options, link.socket()), options.checkPeer)
      await link.reach("tls", limits.tlsTimeoutMs)
    },
    enter(stage) {
      link.enter(stage)
      if (link.socket().listenerCount("data") === 0) link.socket().on("data", feed)
    },
    pause() {
      link.socket().pause()
      watchdog.rest(true)
    },
    resume() {
      if (!link.socket().isPaused()) return
      link.socket().resume()
      watchdog.rest(false)
    },
  }
}

function tlsOptions(options: Pop3Options, socket: Socket): ConnectionOptions {
  const servername = isIP(options.host) === 0 ? options.host : ""
  // Without a name in `host` Node would check the certificate for "localhost".
  return { servername, ...options.tlsOptions, host: options.tlsOptions?.host ?? options.host, socket }
}

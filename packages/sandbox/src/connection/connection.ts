import type { Socket } from "node:net"
import { type SecureContext, TLSSocket } from "node:tls"
import { ConnectionClosed } from "./connection-error.ts"
import { createReceiveBuffer } from "./receive-buffer.ts"

/** One client: bounded reading of lines and octets, writing with back-pressure, and the change to TLS. */
export type Connection = {
  readonly secure: boolean
  readonly closed: boolean
  readonly localPort: number
  readonly remoteAddress: string
  /** Milliseconds between two octets of whatever is written; 0 writes at once. */
  dripMs: number
  /** The next line without its end. Throws LineTooLong above `maxBytes`, ConnectionClosed at the end. */
  readLine(maxBytes: number): Promise<Buffer>
  /** Exactly that many octets. */
  readBytes(count: number): Promise<Buffer>
  /** Whatever has arrived, at least one octet. */
  readChunk(): Promise<Buffer>
  /** Gives back octets that were read too far. */
  unread(rest: Buffer): void
  /** Resolves when the peer has taken enough of it for more to be written. */
  write(data: string | Buffer): Promise<void>
  /** Changes to TLS. Octets that came before the handshake are dropped, as RFC 3207 §6 asks. */
  startTls(context: SecureContext): Promise<void>
  wait(delayMs: number): Promise<void>
  /** Resolves when the connection is over. */
  whenClosed(): Promise<void>
  /** Closes our side once everything is written. */
  end(): void
  /** Cuts the connection: FIN, or RST with `reset`. */
  destroy(how?: "reset"): void
}

export type ConnectionOptions = {
  readonly socket: Socket
  readonly idleTimeoutMs: number
  /** TLS from the first octet (RFC 8314 §3). */
  readonly secureContext?: SecureContext
}

/** How long a client may keep its side open after ours is closed. */
const lingerMs = 5_000
const tlsHandshakeTimeoutMs = 30_000

export function createConnection({ socket: first, idleTimeoutMs, secureContext }: ConnectionOptions): Connection {
  const localPort = first.localPort ?? 0
  const remoteAddress = first.remoteAddress ?? ""
  const closing = new AbortController()
  let socket: Socket

  const attach = (next: Socket) => {
    socket = next
    next.setNoDelay(true)
    next.setTimeout(idleTimeoutMs, () => next.destroy())
    next.on("error", () => next.destroy())
    next.once("close", () => {
      if (next === socket) closing.abort()
    })
    return createReceiveBuffer(next)
  }
  let received = attach(secureContext ? serverTls(first, secureContext) : first)
  const assertOpen = () => {
    if (closing.signal.aborted || socket.destroyed) throw new ConnectionClosed("connection closed")
  }
  const wait = (delayMs: number) => sleep(delayMs, closing.signal).then(assertOpen)

  const connection: Connection = {
    dripMs: 0,
    localPort,
    remoteAddress,
    get secure() {
      return socket instanceof TLSSocket
    },
    get closed() {
      return closing.signal.aborted || socket.destroyed
    },
    readLine: (maxBytes) => received.readLine(maxBytes),
    readBytes: (count) => received.readBytes(count),
    readChunk: () => received.readChunk(),
    unread: (rest) => received.unread(rest),
    async write(data) {
      if (connection.dripMs === 0) return writeAll(socket, data)
      for (const octet of Buffer.from(data)) {
        await writeAll(socket, Buffer.of(octet))
        await wait(connection.dripMs)
      }
    },
    async startTls(context) {
      received.detach()
      socket.setTimeout(0)
      const secure = serverTls(socket, context)
      received = attach(secure)
      await handshake(secure)
    },
    wait,
    whenClosed: () => untilAborted(closing.signal),
    end() {
      const last = socket
      last.end()
      last.resume()
      setTimeout(() => last.destroy(), lingerMs).unref()
    },
    destroy(how) {
      if (how === "reset") first.resetAndDestroy()
      socket.destroy()
    },
  }
  return connection
}

function serverTls(socket: Socket, secureContext: SecureContext): TLSSocket {
  return new TLSSocket(socket, { isServer: true, secureContext })
}

function writeAll(socket: Socket, data: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const drained = () => {
      socket.off("close", closed)
      resolve()
    }
    const closed = () => {
      socket.off("drain", drained)
      reject(new ConnectionClosed("connection closed while writing"))
    }
    if (socket.destroyed || !socket.writable) return closed()
    if (socket.write(data)) return resolve()
    socket.once("drain", drained)
    socket.once("close", closed)
  })
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(), tlsHandshakeTimeoutMs)
    socket.once("secure", () => {
      clearTimeout(timer)
      resolve()
    })
    socket.once("close", () => {
      clearTimeout(timer)
      reject(new ConnectionClosed("no TLS handshake"))
    })
  })
}

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    signal.addEventListener("abort", done)
  })
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener("abort", () => resolve(), { once: true })
  })
}

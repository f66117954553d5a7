import { createServer, type Server, type Socket } from "node:net"
import { createSecureContext, createServer as createTlsServer, TLSSocket } from "node:tls"

export interface Peer {
  /** The socket the client speaks through now: TLS after `startTls`. */
  socket: Socket
  write(data: string | Buffer): void
  /** Answers further octets under TLS. */
  startTls(): void
}

export interface LineServerOptions {
  /** TLS from the first octet, or for `startTls`. */
  tls?: { cert: string; key: string; minVersion?: "TLSv1.2" | "TLSv1.3"; maxVersion?: "TLSv1.2" | "TLSv1.3" }
  implicit?: boolean
  onConnect?(peer: Peer): void
  onLine?(line: string, peer: Peer): void
}

export interface LineServer {
  port: number
  /** Lines of all connections, in order. */
  lines: string[]
  connections(): number
  close(): Promise<void>
}

/** A loopback server for line protocols that does what the test says. Its sockets outlive every mischief of the client. */
export async function startLineServer(options: LineServerOptions): Promise<LineServer> {
  const lines: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const serve = (socket: Socket) => {
    connections++
    const peer: Peer = {
      socket,
      write: (data) => void peer.socket.write(data),
      startTls() {
        socket.removeAllListeners("data")
        if (options.tls === undefined) throw new Error("this server has no certificate")
        peer.socket = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(options.tls) })
        read(peer.socket, peer)
      },
    }
    sockets.add(socket)
    read(socket, peer)
    options.onConnect?.(peer)
  }
  const read = (socket: Socket, peer: Peer) => {
    let rest = ""
    // A client may drop the connection at any time; that is what many tests are about.
    socket.on("error", () => socket.destroy())
    socket.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString("latin1")).split("\r\n")
      rest = parts.pop() ?? ""
      for (const line of parts) {
        lines.push(line)
        options.onLine?.(line, peer)
      }
    })
  }
  const server: Server =
    options.implicit === true ? createTlsServer({ ...options.tls }, serve) : createServer({ noDelay: true }, serve)
  server.on("tlsClientError", () => undefined)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return {
    port: address.port,
    lines,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

import { connect, createServer, type Socket } from "node:net"

export interface TcpTap {
  port: number
  /** Octets that the server's side has sent through. */
  received(): number
  /** Nothing passes any more, in either direction; connections stay open. */
  mute(): void
  /** Drops every connection after so many more octets from the server. */
  cutAfter(octets: number): void
  stop(): Promise<void>
}

export interface TapOptions {
  host?: string
  /** Changes what the client sends. */
  rewrite?: (text: string) => string
}

/** A port of 127.0.0.1 that leads to another one, and can count, cut, silence or change what passes. */
export async function createTcpTap(target: number, options: TapOptions = {}): Promise<TcpTap> {
  const pairs = new Set<{ client: Socket; server: Socket }>()
  let received = 0
  let muted = false
  let left = Number.POSITIVE_INFINITY
  const drop = () => {
    for (const { client, server } of pairs) {
      client.destroy()
      server.destroy()
    }
  }
  const listener = createServer((client) => {
    const server = connect({ port: target, host: options.host ?? "127.0.0.1" })
    const pair = { client, server }
    pairs.add(pair)
    for (const socket of [client, server]) {
      // The other side learns of a reset by its own end.
      socket.on("error", () => undefined)
      socket.on("close", () => {
        pairs.delete(pair)
        client.destroy()
        server.destroy()
      })
    }
    client.on("data", (octets: Buffer) => {
      const changed = options.rewrite?.(octets.toString("latin1"))
      pass({ to: server, from: client }, changed === undefined ? octets : Buffer.from(changed, "latin1"), () => muted)
    })
    server.on("data", (octets: Buffer) => {
      received += octets.length
      pass({ to: client, from: server }, octets.subarray(0, Math.max(0, left)), () => muted)
      left -= octets.length
      if (left <= 0) setImmediate(drop)
    })
  })
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject)
    listener.listen(0, "127.0.0.1", resolve)
  })
  const address = listener.address()
  if (address === null || typeof address === "string") throw new Error("not listening")
  return {
    port: address.port,
    received: () => received,
    mute: () => {
      muted = true
      for (const { client, server } of pairs) {
        client.pause()
        server.pause()
      }
    },
    cutAfter: (octets) => {
      left = octets
    },
    stop: async () => {
      drop()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

/** Writes on, and holds the source while the other side does not read. */
function pass({ to, from }: { to: Socket; from: Socket }, octets: Buffer, muted: () => boolean): void {
  if (octets.length === 0 || to.write(octets)) return
  from.pause()
  to.once("drain", () => {
    if (!muted()) from.resume()
  })
}

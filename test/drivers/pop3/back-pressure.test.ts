import { connectPop3 } from "@postrider/pop3/connect-pop3"
import type { Pop3Options } from "@postrider/pop3/options"
import { afterEach, describe, expect, it } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { type LineServer, startLineServer } from "../../support/line-server.ts"
import { collect } from "./collect.ts"

const megabyte = 1024 * 1024
const line = Buffer.from(`${".".repeat(74)}\r\n`)
const block = Buffer.concat(Array.from({ length: 1000 }, () => line))

let server: LineServer | undefined
afterEach(() => server?.close())

interface Flow {
  /** Octets that the client's side took off the server. */
  pushed: number
  /** Resolves when the server's writes wait. */
  stuck: Promise<void>
}

/** Serves one message of `bytes` as fast as it is taken. Every other command gets +OK. */
async function serveLarge(bytes: number, tls = false): Promise<{ flow: Flow; port: number }> {
  const stuck = Promise.withResolvers<void>()
  const flow: Flow = { pushed: 0, stuck: stuck.promise }
  server = await startLineServer({
    ...(tls ? { tls: certificate("server"), implicit: true } : {}),
    onConnect: (peer) => peer.write("+OK\r\n"),
    onLine: (command, { socket }) => {
      socket.write("+OK\r\n")
      if (!command.startsWith("RETR")) return
      let quiet: NodeJS.Timeout | undefined
      const write = () => {
        clearTimeout(quiet)
        let room = true
        while (room && flow.pushed < bytes && !socket.destroyed) {
          room = socket.write(block)
          flow.pushed += block.length
        }
        if (flow.pushed >= bytes) socket.write(".\r\n")
        else quiet = setTimeout(stuck.resolve, 250)
      }
      socket.on("drain", () => flow.pushed < bytes && write())
      socket.on("close", () => clearTimeout(quiet))
      write()
    },
  })
  return { flow, port: server.port }
}

const open = (port: number, options: Partial<Pop3Options> = {}) =>
  connectPop3({ host: "127.0.0.1", port, tls: "none", maxMessageBytes: 200 * megabyte, ...options })

describe("a reader slower than the server", () => {
  it.each([
    ["plain text", false],
    ["TLS", true],
  ])("pauses the socket: the server cannot push 100 MB, and all of it arrives later, over %s", async (_name, tls) => {
    const { flow, port } = await serveLarge(100 * megabyte, tls)
    const secured: Partial<Pop3Options> = { tls: "implicit", tlsOptions: { ca: certificate("ca").cert } }
    const client = await open(port, { commandTimeoutMs: 200, ...(tls ? secured : {}) })
    const body = await client.retr(1)
    await flow.stuck
    // What the kernel's buffers on both sides hold, far from 100 MB.
    expect(flow.pushed).toBeLessThan(20 * megabyte)

    let received = 0
    for await (const chunk of body) received += chunk.length
    expect(received).toBe((flow.pushed / line.length) * (line.length - 1))
    await client.noop()
    client.close()
  })

  it("is not timed out for its slowness by the command's deadline, only by the total one", async () => {
    const { flow, port } = await serveLarge(100 * megabyte)
    const client = await open(port, { commandTimeoutMs: 50, totalTimeoutMs: 600 })
    const body = await client.retr(1)
    await flow.stuck
    const iterator = body[Symbol.asyncIterator]()
    await expect(iterator.next()).resolves.toMatchObject({ done: false })
    await iterator.return?.()
    client.close()
  })
})

describe("a message left early", () => {
  it("is skipped when little of it remains: the session goes on", async () => {
    const { port } = await serveLarge(megabyte / 2)
    const client = await open(port)
    for await (const _chunk of await client.retr(1)) break
    await client.noop()
    client.close()
  })

  it("drops the connection when too much of it remains", async () => {
    const { port } = await serveLarge(100 * megabyte)
    const client = await open(port, { drainBytes: megabyte })
    for await (const _chunk of await client.retr(1)) break
    await expect(client.noop()).rejects.toMatchObject({ code: "limit" })
  })

  it("drops the connection when the rest does not come in time", async () => {
    server = await startLineServer({
      onConnect: (peer) => peer.write("+OK\r\n"),
      onLine: (_line, peer) => peer.write("+OK\r\nhalf"),
    })
    const client = await open(server.port, { drainTimeoutMs: 40 })
    for await (const _chunk of await client.retr(1)) break
    await expect(client.noop()).rejects.toMatchObject({ code: "limit" })
  })
})

describe("time", () => {
  it("grows in step with the size of a message: 25 MB in small lines within seconds", async () => {
    const { port } = await serveLarge(25 * megabyte)
    const client = await open(port)
    const started = performance.now()
    const received = await collect(await client.retr(1))
    expect(received.length).toBeGreaterThan(24 * megabyte)
    expect(performance.now() - started).toBeLessThan(5_000)
    client.close()
  })
})

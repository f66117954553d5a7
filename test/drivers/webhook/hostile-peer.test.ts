import { gzipSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { hook, startPeer, startRawPeer, startSender } from "./peer.ts"

const head = "HTTP/1.1 200 OK\r\n"

describe("a hostile receiver costs a bounded time and a bounded memory", () => {
  test("an answer that drips ends at the deadline", async () => {
    const peer = await startRawPeer((socket) => {
      socket.write(`${head}content-length: 100000\r\n\r\n`)
      const timer = setInterval(() => socket.write("x"), 20)
      socket.on("close", () => clearInterval(timer))
    })
    const { sender } = startSender()
    const outcome = await sender.post(hook(peer.url, { timeoutMs: 300 }))
    expect(outcome).toMatchObject({ kind: "failed", reason: "timeout" })
    expect(outcome.durationMs).toBeLessThan(2_000)
  })

  test("headers that drip end at the deadline", async () => {
    const peer = await startRawPeer((socket) => {
      socket.write(head)
      const timer = setInterval(() => socket.write("x-a: b\r\n"), 20)
      socket.on("close", () => clearInterval(timer))
    })
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url, { timeoutMs: 200 }))).toMatchObject({ kind: "failed", reason: "timeout" })
  })

  test("endless informational answers end at the deadline", async () => {
    const peer = await startRawPeer((socket) => {
      const timer = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 5)
      socket.on("close", () => clearInterval(timer))
    })
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url, { timeoutMs: 200 }))).toMatchObject({ kind: "failed", reason: "timeout" })
  })

  test("silence ends at the deadline", async () => {
    const peer = await startRawPeer(() => undefined)
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url, { timeoutMs: 100 }))).toMatchObject({ kind: "failed", reason: "timeout" })
  })

  test("of an endless answer 64 KiB are read and 4 KB kept, and the connection is dropped", async () => {
    let sent = 0
    const closed = Promise.withResolvers<void>()
    const peer = await startPeer((response) => {
      response.on("close", closed.resolve)
      const pump = () => {
        let room = true
        while (room && !response.destroyed) {
          sent += 16_384
          room = response.write(Buffer.alloc(16_384, "a"))
        }
        if (!room) response.once("drain", pump)
      }
      pump()
    })
    const { sender } = startSender()
    const outcome = await sender.post(hook(peer.url))
    await closed.promise
    expect(outcome).toMatchObject({ kind: "answered", status: 200, response: "a".repeat(4096) })
    expect(sent).toBeLessThan(16 * 1024 * 1024)
  })

  test("a bomb is never inflated", async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024))
    const peer = await startPeer((response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb))
    const { sender } = startSender()
    const outcome = await sender.post(hook(peer.url))
    expect(outcome).toMatchObject({ kind: "answered", status: 200 })
    if (outcome.kind === "answered") expect(outcome.response.charCodeAt(0)).toBe(0x1f)
  })

  test("a reset in the middle of an answer is a failure", async () => {
    const peer = await startRawPeer((socket) => {
      socket.once("data", () => {
        socket.write(`${head}content-length: 10\r\n\r\nabc`, () => setImmediate(() => socket.resetAndDestroy()))
      })
    })
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "failed", reason: "reset" })
  })

  test("an answer cut short by a plain close is a failure", async () => {
    const peer = await startRawPeer((socket) => {
      socket.once("data", () => socket.end(`${head}content-length: 10\r\n\r\nabc`))
    })
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "failed", reason: "reset" })
  })

  test.each([
    ["no HTTP at all", "220 mail.test ESMTP\r\n"],
    ["headers without end", `${head}x: ${"y".repeat(200_000)}\r\n`],
    ["two lengths", `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`],
    ["a broken chunk", `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`],
  ])("%s is a breach of HTTP", async (_, answer) => {
    const peer = await startRawPeer((socket) => socket.once("data", () => socket.write(answer)))
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "failed", reason: "protocol" })
  })

  test("an answer that is no UTF-8 is kept as text", async () => {
    const peer = await startPeer((response) => response.end(Buffer.from([0x61, 0xff, 0xfe, 0x62])))
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ response: "a��b" })
  })

  test("an abort of the caller ends it as a timeout", async () => {
    const peer = await startRawPeer(() => undefined)
    const { sender } = startSender()
    const aborted = AbortSignal.abort()
    expect(await sender.post(hook(peer.url, { signal: aborted }))).toMatchObject({ kind: "failed", reason: "timeout" })
  })
})

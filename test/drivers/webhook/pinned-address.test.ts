import type { AddressInfo } from "node:net"
import { createServer } from "node:net"
import { describe, expect, test } from "vitest"
import { hook, startPeer, startRawPeer, startSender } from "./peer.ts"

describe("only vetted addresses are dialled", () => {
  test("a name that resolves nowhere else is reached through the pin, with Host and SNI of the name", async () => {
    const peer = await startPeer((response) => response.end("here"), { tls: true })
    const { sender, asked } = startSender({ names: { "hooks.test": ["127.0.0.1"] } })
    const outcome = await sender.post(hook(`https://hooks.test:${peer.port}/hook`))
    expect(outcome).toMatchObject({ kind: "answered", status: 200, response: "here" })
    expect(asked).toEqual(["hooks.test"])
    expect(peer.received[0]?.headers.host).toBe(`hooks.test:${peer.port}`)
  })

  test("without the pin the same name is not reached", async () => {
    const peer = await startPeer((response) => response.end("here"), { tls: true })
    const { sender } = startSender({ names: {} })
    const outcome = await sender.post(hook(`https://hooks.test:${peer.port}/hook`))
    expect(outcome).toMatchObject({ kind: "failed", reason: "address_not_allowed" })
    expect(peer.sockets.size).toBe(0)
  })

  test("a name that changes its mind after the check is still judged by what is dialled", async () => {
    const peer = await startPeer((response) => response.end("here"))
    const names = { "rebind.test": ["127.0.0.1"] }
    const { sender } = startSender({ names, allowNetworks: ["127.0.0.1/32"] })
    const url = `http://rebind.test:${peer.port}/hook`
    expect(await sender.post(hook(url))).toMatchObject({ kind: "answered" })
    names["rebind.test"] = ["10.0.0.1"]
    for (const socket of peer.sockets) socket.destroy()
    await new Promise((resolve) => setImmediate(resolve))
    expect(await sender.post(hook(url))).toMatchObject({ kind: "failed" })
    expect(await sender.post(hook(url))).toMatchObject({ kind: "failed", reason: "address_not_allowed" })
    expect(peer.received).toHaveLength(1)
  })

  test.each([
    "http://127.0.0.1",
    "http://[::ffff:127.0.0.1]",
    "http://2130706433",
    "http://0x7f.1",
    "https://127.0.0.1",
  ])("the literal address %s is refused without a connection", async (origin) => {
    const peer = await startPeer((response) => response.end())
    const { sender } = startSender({ allowNetworks: [] })
    const outcome = await sender.post(hook(`${origin}:${peer.port}/hook`))
    expect(outcome).toMatchObject({ kind: "failed", reason: "address_not_allowed" })
    if (outcome.kind === "failed") expect(outcome.detail).not.toMatch(/[0-9]/)
    expect(peer.sockets.size).toBe(0)
  })

  test("the next address of a name is tried when one refuses", async () => {
    const peer = await startPeer((response) => response.end("here"))
    const { sender } = startSender({ names: { "two.test": ["127.0.0.2", "127.0.0.1"] } })
    expect(await sender.post(hook(`http://two.test:${peer.port}/`))).toMatchObject({
      kind: "answered",
      response: "here",
    })
  })

  test("a certificate for another name is a failure of TLS", async () => {
    const peer = await startPeer((response) => response.end(), { tls: true })
    const { sender } = startSender({ names: { "other.test": ["127.0.0.1"] } })
    const outcome = await sender.post(hook(`https://other.test:${peer.port}/`))
    expect(outcome).toMatchObject({ kind: "failed", reason: "tls" })
    expect(peer.received).toHaveLength(0)
  })

  test("a certificate nobody vouches for is a failure of TLS", async () => {
    const peer = await startPeer((response) => response.end(), { tls: true })
    const { sender } = startSender({ trusted: false })
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "failed", reason: "tls" })
    expect(peer.received).toHaveLength(0)
  })

  test("a literal address is checked against the addresses of the certificate", async () => {
    const peer = await startPeer((response) => response.end(), { tls: true })
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "answered", status: 200 })
    const other = peer.url.replace("127.0.0.1", "127.0.0.2")
    expect(await sender.post(hook(other))).toMatchObject({ kind: "failed" })
  })

  test("a refused connection is told without its address", async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const { sender } = startSender({ names: { "hooks.test": ["127.0.0.1"] } })
    const outcome = await sender.post(hook(`http://hooks.test:${port}/`))
    expect(outcome).toMatchObject({
      kind: "failed",
      reason: "connect",
      detail: "The connection failed (ECONNREFUSED).",
    })
  })

  test("a handshake that never ends is a timeout", async () => {
    const peer = await startRawPeer(() => undefined)
    const { sender } = startSender({ connectTimeoutMs: 100 })
    const outcome = await sender.post(hook(peer.url.replace("http:", "https:")))
    expect(outcome).toMatchObject({ kind: "failed", reason: "timeout" })
    expect(outcome.durationMs).toBeLessThan(2_000)
  })
})

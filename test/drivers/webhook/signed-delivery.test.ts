import { Webhook } from "standardwebhooks"
import { describe, expect, test } from "vitest"
import { hook, otherSecret, secret, startPeer, startSender } from "./peer.ts"

type Headers = Record<string, string>

describe("what reaches a receiver", () => {
  test("verifies with the official library of Standard Webhooks", async () => {
    const peer = await startPeer((response) => response.end("ok"))
    const { sender } = startSender()
    const outcome = await sender.post(hook(peer.url))
    expect(outcome).toMatchObject({ kind: "answered", status: 200, response: "ok" })
    const [got] = peer.received
    expect(got?.method).toBe("POST")
    expect(new Webhook(secret).verify(got?.body.toString() ?? "", got?.headers as Headers)).toEqual({
      type: "webhook.ping",
      data: "é",
    })
  })

  test("verifies with either secret of a rotation, and with no other", async () => {
    const peer = await startPeer((response) => response.end())
    const { sender } = startSender()
    await sender.post(hook(peer.url, { secrets: [secret, otherSecret] }))
    const [got] = peer.received
    const verify = (key: string) => new Webhook(key).verify(got?.body.toString() ?? "", got?.headers as Headers)
    expect(verify(secret)).toEqual(verify(otherSecret))
    expect(() => verify("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).toThrow()
  })

  test("is exactly the bytes given, with the id given and no wish for compression", async () => {
    const peer = await startPeer((response) => response.end())
    const { sender } = startSender()
    const body = new TextEncoder().encode(' {"a" : 1}\n')
    await sender.post(hook(peer.url, { body }))
    expect(peer.received[0]?.body.equals(Buffer.from(body))).toBe(true)
    expect(peer.received[0]?.headers).toMatchObject({
      "webhook-id": "evt_0123456789",
      "accept-encoding": "identity",
      "content-type": "application/json",
      "content-length": String(body.length),
      host: `127.0.0.1:${peer.port}`,
    })
  })

  test("headers of the endpoint are sent, and cannot replace those of the signature", async () => {
    const peer = await startPeer((response) => response.end())
    const { sender } = startSender()
    const headers = {
      "X-Api-Key": "k",
      "webhook-attempt": "3",
      "Webhook-Id": "forged",
      "Webhook-Signature": "v1,forged",
    }
    await sender.post(hook(peer.url, { headers }))
    expect(peer.received[0]?.headers).toMatchObject({
      "x-api-key": "k",
      "webhook-attempt": "3",
      "webhook-id": "evt_0123456789",
    })
    expect(peer.received[0]?.headers["webhook-signature"]).not.toContain("forged")
  })

  test("comes over kept connections when sent one after another", async () => {
    const peer = await startPeer((response) => response.end("ok"))
    const { sender } = startSender()
    for (let n = 0; n < 20; n++) await sender.post(hook(peer.url))
    expect(peer.received).toHaveLength(20)
    expect(peer.sockets.size).toBeLessThan(4)
  })
})

describe("what a receiver answers", () => {
  test.each([200, 204, 400, 401, 404, 410, 429, 500, 503])("status %i is data", async (status) => {
    const peer = await startPeer((response) => response.writeHead(status).end())
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "answered", status })
  })

  test.each([301, 302, 303, 307, 308])("a redirect (%i) is never followed", async (status) => {
    const other = await startPeer((response) => response.end())
    const peer = await startPeer((response) => response.writeHead(status, { location: other.url }).end())
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "answered", status, location: other.url })
    expect(other.received).toHaveLength(0)
  })

  test("Retry-After is read, and capped at a day", async () => {
    const waits = ["30", "9999999"]
    const peer = await startPeer((response) => response.writeHead(429, { "retry-after": waits.shift() }).end())
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ retryAfterMs: 30_000 })
    expect(await sender.post(hook(peer.url))).toMatchObject({ retryAfterMs: 86_400_000 })
  })

  test("informational answers before the real one are skipped", async () => {
    const peer = await startPeer((response) => {
      response.writeProcessing()
      response.writeEarlyHints({ link: "</a>; rel=preload" })
      response.writeHead(202).end()
    })
    const { sender } = startSender()
    expect(await sender.post(hook(peer.url))).toMatchObject({ kind: "answered", status: 202 })
  })
})

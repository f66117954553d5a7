import { createHash, randomBytes } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Dovecot, dovecotMissing, startDovecot } from "../support/dovecot.ts"
import { type Postfix, postfixMissing, startPostfix } from "../support/postfix.ts"
import { adminKey, type RelayProcess, startRelayProcess } from "../support/relay-process.ts"
import { startWebhookConsumer, type WebhookConsumer } from "../support/webhook-consumer.ts"

const skip = dovecotMissing() ?? postfixMissing()
const title = "[needs postfix and dovecot] the relay as a process of its own"
const mailBytes = 25_000_000
const auth = { authorization: `Bearer ${adminKey}` }
const intakes = [
  ["imap", "tls", "imaps"],
  ["imap", "starttls", "imap"],
  ["pop3", "tls", "pop3s"],
  ["pop3", "starttls", "pop3"],
] as const

describe.skipIf(skip !== null)(skip === null ? title : `${title} (${skip})`, { timeout: 120_000 }, () => {
  let dovecot: Dovecot
  let postfix: Postfix
  let relay: RelayProcess
  let consumer: WebhookConsumer

  beforeAll(async () => {
    dovecot = running(await startDovecot())
    postfix = running(await startPostfix(dovecot))
    consumer = await startWebhookConsumer()
    relay = await startRelayProcess()
    const endpoint = await relay.call("/v1/endpoints", { json: { url: consumer.url, types: ["*"] } })
    consumer.trust((endpoint.body as { secret: string }).secret)
    const routes = [
      { ...login("alice", postfix.ports.smtp, "starttls"), name: "starttls" },
      { ...login("alice", postfix.ports.smtps, "tls"), name: "tls" },
    ]
    await create({ id: "alice", email: "alice@postfix.test", smtp: routes })
    for (const [protocol, security, port] of intakes) {
      const intake = { ...login("bob", dovecot.ports[port], security), history: "all", poll_seconds: 1 }
      await create({ id: `${protocol}-${security}`, email: "bob@postfix.test", [protocol]: intake })
    }
  })

  afterAll(async () => {
    await relay?.dispose()
    await consumer?.stop()
    await postfix?.stop()
    await dovecot?.stop()
  })

  const login = (username: string, port: number, security: string, password = dovecot.password) => {
    return { host: "localhost", port, security, username, password, tls: { ca: dovecot.ca } }
  }

  async function create(json: object): Promise<void> {
    const { status, body } = await relay.call("/v1/accounts", { json })
    expect([status, body]).toMatchObject([201, {}])
  }

  async function bytesOf(path: string): Promise<Buffer> {
    const response = await fetch(`${relay.url}${path}`, { headers: auth })
    expect(response.status).toBe(200)
    return Buffer.from(await response.arrayBuffer())
  }

  /** What every intake made of the mail with this Message-ID; each event was verified on its way here. */
  function receivedBy(account: string, messageId: string) {
    return consumer.waitFor(
      ({ type, account: of, data }) => type === "message.received" && of === account && data.message_id === messageId,
    )
  }

  const sentOf = (id: string) => consumer.waitFor(({ type, data }) => type === "message.sent" && data.id === id)

  it("a mail with an attachment of 25 MB and dot-leading UTF-8 text arrives, is polled back byte for byte below the headers the server added, and its webhook verifies", async () => {
    const content = randomBytes(mailBytes)
    const text = "Grüße 😀\r\n.\r\n..dot\r\n.dot\r\n\r\n.\r\n"
    const sent = await relay.call("/v1/messages", {
      json: {
        ...{ account: "alice", route: "starttls", to: "Bob <bob@postfix.test>", subject: "Größe 25 MB", text },
        attachments: [{ filename: "größe.bin", content: content.toString("base64") }],
      },
    })
    expect(sent.status).toBe(202)
    const { id, message_id } = sent.body as { id: string; message_id: string }
    await sentOf(id)
    const ours = await bytesOf(`/v1/messages/${id}/raw`)
    for (const [protocol, security] of intakes) {
      const { data } = await receivedBy(`${protocol}-${security}`, message_id)
      expect(data).toMatchObject({ source: protocol, subject: "Größe 25 MB", parse: { status: "ok", defects: [] } })
      expect(data.text.replaceAll("\r\n", "\n")).toBe(text.replaceAll("\r\n", "\n"))
      expect(data.attachments).toMatchObject([{ filename: "größe.bin", size: mailBytes, sha256: sha256(content) }])
      expect(sha256(await bytesOf(`/v1/messages/${data.id}/attachments/0`))).toBe(sha256(content))
      expectBelowTrace(await bytesOf(`/v1/messages/${data.id}/raw`), ours)
    }
  })

  it("a raw 8-bit mail of 25 MB with dot-leading lines arrives over TLS, is polled back byte for byte below the headers the server added, and its webhook verifies", async () => {
    const messageId = `<raw-${Date.now()}@postfix.test>`
    const mail = rawMail(messageId)
    const query = "account=alice&mail_from=alice@postfix.test&rcpt_to=bob@postfix.test"
    const answer = await fetch(`${relay.url}/v1/messages?${query}`, {
      ...{ method: "POST", body: mail, headers: { ...auth, "content-type": "message/rfc822" } },
    })
    expect(answer.status).toBe(202)
    const { id } = (await answer.json()) as { id: string }
    await sentOf(id)
    expect((await bytesOf(`/v1/messages/${id}/raw`)).equals(mail)).toBe(true)
    for (const [protocol, security] of intakes) {
      const { data } = await receivedBy(`${protocol}-${security}`, messageId)
      expectBelowTrace(await bytesOf(`/v1/messages/${data.id}/raw`), mail)
    }
    expect(consumer.refused).toEqual([])
  })

  it.each(["starttls", "tls"] as const)(
    "AUTH over %s is accepted with the right password and refused with a wrong one",
    async (route) => {
      const port = route === "tls" ? postfix.ports.smtps : postfix.ports.smtp
      const right = await relay.call("/v1/messages", {
        json: { account: "alice", route, to: "bob@postfix.test", subject: route, text: "hi" },
      })
      const { data } = await sentOf((right.body as { id: string }).id)
      expect(data.attempt).toMatchObject({ route, tls: { version: "TLSv1.3" }, outcome: "accepted" })
      const wrong = `wrong-${route}`
      await create({ id: wrong, email: "alice@postfix.test", smtp: login("alice", port, route, "no") })
      const sent = await relay.call("/v1/messages", { json: { account: wrong, to: "bob@postfix.test", text: "hi" } })
      const failed = async () => (await relay.call(`/v1/accounts/${wrong}`, { method: "GET" })).body
      await expect.poll(failed, { timeout: 20_000 }).toMatchObject({
        state: "auth_failed",
        last_error: { part: `smtp:localhost:${port}`, class: "auth", code: "535" },
      })
      const message = await relay.call(`/v1/messages/${(sent.body as { id: string }).id}`, { method: "GET" })
      expect(message.body).toMatchObject({ settled_at: null, recipients: [{ address: "bob@postfix.test" }] })
    },
  )

  it("without the private CA nothing is sent, and the account says why", async () => {
    const { tls: _, ...untrusted } = login("alice", postfix.ports.smtp, "starttls")
    await create({ id: "untrusted", email: "alice@postfix.test", smtp: untrusted })
    await relay.call("/v1/messages", { json: { account: "untrusted", to: "bob@postfix.test", text: "hi" } })
    const account = async () => (await relay.call("/v1/accounts/untrusted", { method: "GET" })).body
    await expect
      .poll(account, { timeout: 20_000 })
      .toMatchObject({ state: "misconfigured", last_error: { class: "tls", fix: expect.stringContaining("tls.ca") } })
  })
})

function running<T extends object>(server: T | { skip: string }): T {
  if ("skip" in server) throw new Error(String(server.skip))
  return server as T
}

/** CRLF, no NUL (mail-rules B7): UTF-8, octets that are none, dots in every place they can lead a line. */
function rawMail(messageId: string): Buffer<ArrayBuffer> {
  const head = [
    `Message-ID: ${messageId}`,
    "Date: Sun, 22 Nov 2026 10:00:00 +0000",
    "From: Alice <alice@postfix.test>",
    "To: bob@postfix.test",
    "Subject: 8 bit",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ]
  const lines = ["Grüße 😀 ".repeat(20), ".", "..", ".dot", "...dots", "", "x".repeat(998), ".".repeat(500)]
  const block = Buffer.concat([
    Buffer.from(lines.map((line) => `${line}\r\n`).join("")),
    Buffer.from(Array.from({ length: 128 }, (_, n) => 128 + n)),
    Buffer.from("\r\n"),
  ])
  const times = Math.ceil(mailBytes / block.length)
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), ...Array.from({ length: times }, () => block)])
}

/** Servers put headers on top; from our first header on every octet must be ours. */
function expectBelowTrace(polled: Buffer, ours: Buffer): void {
  const trace = polled.subarray(0, Math.max(0, polled.length - ours.length)).toString()
  expect(trace).toMatch(/^(?:Return-Path|X-Original-To|Delivered-To|Received):/m)
  expect(trace.endsWith("\r\n")).toBe(true)
  expect(polled.subarray(trace.length).equals(ours)).toBe(true)
}

const sha256 = (octets: Uint8Array): string => createHash("sha256").update(octets).digest("hex")

import { createHash, randomBytes } from "node:crypto"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { forgetPeak, peakBytes, processMemoryMissing } from "../support/process-memory.ts"
import { adminKey, type RelayProcess, startRelayProcess } from "../support/relay-process.ts"
import { startWebhookConsumer, type WebhookConsumer } from "../support/webhook-consumer.ts"

const skip = processMemoryMissing()
const title = "memory stays under 250 MB resident while a 50 MB mail goes through"
const mailBytes = 50_000_000
const limitBytes = 250_000_000
const auth = { authorization: `Bearer ${adminKey}` }

// One process for all of it, so that what an earlier case left behind counts too.
describe.skipIf(skip !== null)(skip === null ? title : `${title} (${skip})`, { timeout: 120_000 }, () => {
  let sandbox: Sandbox
  let relay: RelayProcess
  let consumer: WebhookConsumer

  beforeAll(async () => {
    // An attachment of 50 MB is a mail of 69 MB.
    sandbox = await startSandbox({ ports: { smtp: 0, imap: 0, pop3: 0 }, maxMessageBytes: 2 * mailBytes })
    consumer = await startWebhookConsumer()
    relay = await startRelayProcess({ POSTRIDER_MAX_MESSAGE_BYTES: String(2 * mailBytes) })
    const endpoint = await relay.call("/v1/endpoints", { json: { url: consumer.url, types: ["*"] } })
    consumer.trust((endpoint.body as { secret: string }).secret)
    await relay.call("/v1/accounts", { json: { id: "out", email: "out@demo.test", smtp: server("smtp", "out") } })
  })

  afterAll(async () => {
    await relay?.dispose()
    await consumer?.stop()
    await sandbox?.stop()
  })

  const server = (protocol: "smtp" | "imap" | "pop3", username: string) => {
    return { host: "127.0.0.1", port: sandbox.ports[protocol], security: "none", username, password: "demo" }
  }

  async function expectBelowLimit(what: string, work: () => Promise<void>): Promise<void> {
    forgetPeak(relay.pid)
    await work()
    const peak = peakBytes(relay.pid)
    process.stdout.write(`memory: ${what}: at most ${(peak / 1e6).toFixed(0)} MB resident\n`)
    expect(peak).toBeLessThan(limitBytes)
  }

  const sentOf = (id: string) => consumer.waitFor(({ type, data }) => type === "message.sent" && data.id === id)

  it("out, as JSON with an attachment of 50 MB", async () => {
    const json = {
      ...{ account: "out", to: "json@demo.test", subject: "50 MB", text: "See the attachment." },
      attachments: [{ filename: "a.bin", content: randomBytes(mailBytes).toString("base64") }],
    }
    await expectBelowLimit("out, JSON with a 50 MB attachment", async () => {
      const { status, body } = await relay.call("/v1/messages", { json })
      expect(status).toBe(202)
      await sentOf((body as { id: string }).id)
    })
  })

  it("out, as a raw mail of 50 MB", async () => {
    const mail = mailOf("raw@demo.test")
    await expectBelowLimit("out, raw mail of 50 MB", async () => {
      const answer = await fetch(`${relay.url}/v1/messages?account=out`, {
        ...{ method: "POST", body: mail, headers: { ...auth, "content-type": "message/rfc822" } },
      })
      expect(answer.status).toBe(202)
      await sentOf(((await answer.json()) as { id: string }).id)
    })
  })

  it.each(["imap", "pop3"] as const)("in over %s, its webhook, its attachment and its raw bytes", async (protocol) => {
    const mail = mailOf(`${protocol}@demo.test`)
    sandbox.deliver(mail, { to: `${protocol}@demo.test` })
    await expectBelowLimit(`in over ${protocol}, mail of 50 MB`, async () => {
      const intake = { ...server(protocol, protocol), history: "all", poll_seconds: 1 }
      await relay.call("/v1/accounts", { json: { id: protocol, email: `${protocol}@demo.test`, [protocol]: intake } })
      const { data } = await consumer.waitFor(
        ({ type, account }) => type === "message.received" && account === protocol,
      )
      const [attachment] = data.attachments
      expect(await digestOf(`/v1/messages/${data.id}/attachments/0`)).toBe(attachment.sha256)
      expect(await digestOf(`/v1/messages/${data.id}/raw`)).toBe(createHash("sha256").update(mail).digest("hex"))
    })
  })

  async function digestOf(path: string): Promise<string> {
    const response = await fetch(`${relay.url}${path}`, { headers: auth })
    const hash = createHash("sha256")
    for await (const chunk of response.body ?? []) hash.update(chunk)
    return hash.digest("hex")
  }
})

function mailOf(to: string): Buffer<ArrayBuffer> {
  const head = `Message-ID: <${to}>
Date: Thu, 01 Jan 2026 00:00:00 +0000
From: out@demo.test
To: ${to}
Subject: 50 MB
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

See the attachment.
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename=a.bin
Content-Transfer-Encoding: base64

`
  const line = `${randomBytes(57).toString("base64")}\r\n`
  const lines = line.repeat(Math.ceil(mailBytes / line.length))
  return Buffer.from(`${head.replaceAll("\n", "\r\n")}${lines}--b--\r\n`)
}

import { getInboundMessage } from "@postrider/core/inbound/get-inbound-message"
import { type InboundRecord, inboundRecordId } from "@postrider/core/inbound/message"
import { readAttachment } from "@postrider/core/inbound/read-attachment"
import { readRaw } from "@postrider/core/inbound/read-raw"
import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { createInboundWorld, type InboundWorld, mail } from "../../support/inbound-world.ts"
import { operator } from "../../support/outbound-world.ts"
import { createMailServerModel } from "../../support/scripted-mailbox.ts"

const parser = createMimeParser({ maxBytes: 16_000_000, timeoutMs: 10_000, maxHeapMb: 128, workers: 2 })
afterAll(() => parser.close())

const small = Buffer.alloc(1000, "s")
const large = Buffer.alloc(5_000_000, "large ")
const part = (name: string, content: Buffer) => [
  "--b",
  `Content-Type: application/pdf; name="${name}"`,
  "Content-Disposition: attachment",
  "Content-Transfer-Encoding: base64",
  "",
  content.toString("base64").replace(/.{76}/g, "$&\r\n"),
]
const raw = Buffer.from(
  [
    "From: Bob <bob@peer.test>",
    "Subject: files",
    "Message-ID: <files@peer.test>",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "see below",
    ...part("small.pdf", small),
    ...part("../large.pdf", large),
    "--b--",
    "",
  ].join("\r\n"),
)

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

let world: InboundWorld
let id: string
let record: InboundRecord

beforeEach(async () => {
  const model = createMailServerModel("imap")
  world = await createInboundWorld(model, parser, { imap: { history: "all" } })
  world.ports.limits.maxMessageBytes = 16_000_000
  model.deliver("INBOX", { raw, internalDate: world.clock.now() })
  await world.poll()
  const [received] = await world.received()
  if (received === undefined) throw new Error("nothing was received")
  record = received
  id = received.summary.id
})

describe("a received message", () => {
  it("is shown whole, with links to its parts", async () => {
    expect(await getInboundMessage(world.ports, operator, id)).toMatchObject({
      id,
      text: "see below",
      raw_url: `https://mail.demo.test/v1/messages/${id}/raw`,
      attachments: [
        { filename: "small.pdf", size: 1000, url: `https://mail.demo.test/v1/messages/${id}/attachments/0` },
        { filename: "../large.pdf", size: 5_000_000 },
      ],
    })
  })

  it("falls back to the summary when its content is gone", async () => {
    await world.engine.content.delete([record.eventKey])
    expect(await getInboundMessage(world.ports, operator, id)).toMatchObject({
      id,
      subject: "files",
      text: null,
      headers: [],
    })
  })

  it("raw is byte for byte what came; gone it is erased", async () => {
    expect((await collect((await readRaw(world.ports, operator, id)).body)).equals(raw)).toBe(true)
    await world.engine.content.delete([record.rawKey ?? ""])
    await expect(readRaw(world.ports, operator, id)).rejects.toMatchObject({ code: "erased" })
  })

  it("a small attachment is cut from the raw mail each time, a large one stored when first asked for", async () => {
    const first = await readAttachment(world.ports, operator, { id, index: 0 })
    expect(first).toMatchObject({ fileName: "small.pdf", size: 1000, key: null })
    expect((await collect(first.body)).equals(small)).toBe(true)
    const second = await readAttachment(world.ports, operator, { id, index: 1 })
    expect(second).toMatchObject({ fileName: "large.pdf", size: 5_000_000 })
    expect((await collect(second.body)).equals(large)).toBe(true)
    await world.engine.content.delete([record.rawKey ?? ""])
    const again = await readAttachment(world.ports, operator, { id, index: 1 })
    expect((await collect(again.body)).length).toBe(5_000_000)
  })

  it("no such attachment, no such message, an erased one, somebody else's", async () => {
    await expect(readAttachment(world.ports, operator, { id, index: 9 })).rejects.toMatchObject({ code: "not_found" })
    await expect(getInboundMessage(world.ports, operator, "in_none")).rejects.toMatchObject({ code: "not_found" })
    const stranger = { ...operator, settings: { ...operator.settings, accounts: ["other"] } }
    await expect(getInboundMessage(world.ports, stranger, id)).rejects.toMatchObject({ code: "not_found" })
    await world.engine.records.put({ id: inboundRecordId(id), body: { ...record, erased: true } })
    await expect(getInboundMessage(world.ports, operator, id)).rejects.toMatchObject({ code: "erased" })
  })
})

describe("kinds of mail (mail-rules K1)", () => {
  const report = (action: string) =>
    [
      "Content-Type: multipart/mixed; boundary=r",
      "",
      "--r",
      "Content-Type: message/delivery-status",
      "",
      "Reporting-MTA: dns; mx.peer.test",
      "",
      "Final-Recipient: rfc822; x@peer.test",
      `Action: ${action}`,
      "Status: 5.1.1",
      "--r--",
    ].join("\r\n")
  const cases: [string, string, string][] = [
    ["a failed delivery in multipart/mixed", report("failed"), "bounce"],
    ["a delayed delivery", report("delayed"), "report"],
    ["an abuse report", "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n", "complaint"],
    ["a read receipt", "Content-Type: message/disposition-notification\r\n\r\nDisposition: x\r\n", "report"],
    ["an automatic reply", "Auto-Submitted: auto-replied\r\n\r\nI am away.\r\n", "auto_reply"],
    ["a letter", "\r\nHello.\r\n", "mail"],
  ]
  it.each(cases)("%s", async (_name, rest, kind) => {
    const model = createMailServerModel("imap")
    const here = await createInboundWorld(model, parser, { imap: { history: "all" } })
    model.deliver("INBOX", { raw: Buffer.from(`From: a@b.test\r\nSubject: s\r\n${rest}`), internalDate: 1 })
    await here.poll()
    const [received] = await here.received()
    expect(received?.summary).toMatchObject({ kind, reply_allowed: kind === "mail" })
  })
})

describe("large messages", () => {
  it("a thousand recipients fit the record, and event.json holds them all", async () => {
    const model = createMailServerModel("imap")
    const here = await createInboundWorld(model, parser, { imap: { history: "all" } })
    const to = Array.from(
      { length: 1500 },
      (_, n) => `"A rather long display name ${n}" <recipient-${n}@example-${n}.test>`,
    )
    model.deliver("INBOX", { raw: mail(1, { headers: [`Cc: ${to.join(",\r\n ")}`] }), internalDate: 1 })
    await here.poll()
    const [received] = await here.received()
    expect(JSON.stringify(received).length).toBeLessThan(90_000)
    expect((await getInboundMessage(here.ports, operator, received?.summary.id ?? "")).cc).toHaveLength(1500)
  })
})

import { createMimeParser } from "@postrider/mail/mime/parse"
import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

const parser = createMimeParser({ maxBytes: 1024 * 1024, timeoutMs: 5000, maxHeapMb: 64, workers: 1 })
const head = "Message-ID: <one@demo.test>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
const who = "From: Ada <ada@demo.test>\r\nTo: bob@demo.test\r\n"

async function start(): Promise<TestApp> {
  const app = createTestApp({ parser })
  await app.request("PUT", "/v1/accounts/ada", { json: ada })
  return app
}

function post(app: TestApp, raw: string | Uint8Array<ArrayBuffer>, query = "", headers: Record<string, string> = {}) {
  const text = typeof raw === "string" ? new Uint8Array(Buffer.from(raw, "latin1")) : raw
  return app.request("POST", `/v1/messages?account=ada${query}`, {
    text,
    headers: { "Content-Type": "message/rfc822", ...headers },
  })
}

const rawOf = async (app: TestApp, id: string) =>
  Buffer.from(await (await app.app.request(`/v1/messages/${id}/raw`, auth)).arrayBuffer()).toString("latin1")
const auth = { headers: { Authorization: "Bearer admin-key-of-the-tests-0123456789abcdef" } }

describe("a raw mail (message/rfc822)", () => {
  it("G8: goes as it is, 8-bit octets and dots too, and says what it is", async () => {
    const app = await start()
    const mail = `${head}${who}Cc: eve@demo.test\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.dot\r\n\xc3\xbc\xff\r\n`
    const answer = await post(app, mail)
    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({
      message_id: "<one@demo.test>",
      subject: "Grüße",
      from: { name: "Ada", address: "ada@demo.test" },
      recipients: [{ address: "bob@demo.test" }, { address: "eve@demo.test" }],
      size: mail.length,
      added_headers: [],
    })
    expect(await rawOf(app, answer.body.id)).toBe(mail)
  })

  it("goes to rcpt_to from mail_from where they are given", async () => {
    const app = await start()
    const answer = await post(
      app,
      `${head}${who}\r\nhi\r\n`,
      "&mail_from=b%2B1@demo.test&rcpt_to=x@demo.test,y@demo.test",
    )
    expect(answer.body.recipients.map((one: { address: string }) => one.address)).toEqual([
      "x@demo.test",
      "y@demo.test",
    ])
  })

  it("G8: missing Message-ID and Date are put on top and named", async () => {
    const app = await start()
    const { body } = await post(app, `${who}\r\nhi\r\n`)
    expect(body.added_headers).toEqual(["Message-ID", "Date"])
    expect(body.message_id).toBe(`<${body.id}@demo.test>`)
    const date = new Date(body.created_at).toUTCString().replace("GMT", "+0000")
    expect(await rawOf(app, body.id)).toBe(`Message-ID: ${body.message_id}\r\nDate: ${date}\r\n${who}\r\nhi\r\n`)
  })

  it("G8: LF line ends become CRLF, and the last line gets its end", async () => {
    const app = await start()
    const { body } = await post(app, `${head}${who}\r\nhi\r\nho`.replaceAll("\r\n", "\n"))
    const expected = `${head}${who}\r\nhi\r\nho\r\n`
    expect(body.size).toBe(expected.length)
    expect(await rawOf(app, body.id)).toBe(expected)
  })

  it("the same bytes with the same key are replayed, other bytes are 422", async () => {
    const app = await start()
    const key = { "Idempotency-Key": "k" }
    const mail = `${who}\r\nhi\r\n`
    const first = await post(app, mail, "", key)
    const again = await post(app, mail, "", key)
    expect([again.status, again.body.id, again.headers.get("idempotent-replayed")]).toEqual([
      202,
      first.body.id,
      "true",
    ])
    expect((await post(app, `${who}\r\nho\r\n`, "", key)).body.code).toBe("idempotency_mismatch")
  })

  const refused: [what: string, mail: string][] = [
    ["mixed line ends", `${head}${who}\r\nhi\nho\r\n`],
    ["LF first, CRLF later", `${head}${who}\r\nhi`.replaceAll("\r\n", "\n").concat("\r\n")],
    ["a bare CR", `${head}${who}\r\nhi\rho\r\n`],
    ["a CR at the end", `${head}${who}\r\nhi\r`],
    ["NUL", `${head}${who}\r\nhi\0\r\n`],
    ["a line over 998 octets", `${head}${who}\r\n${"x".repeat(999)}\r\n`],
    ["a Bcc header", `${head}${who}BCC : eve@demo.test\r\n\r\nhi\r\n`],
    ["two From headers", `${head}${who}From: ada@demo.test\r\n\r\nhi\r\n`],
    ["no From header", `${head}To: bob@demo.test\r\n\r\nhi\r\n`],
    ["two From addresses", `${head}From: ada@demo.test, eve@demo.test\r\nTo: bob@demo.test\r\n\r\nhi\r\n`],
    ["a From that reads in two ways", `${head}From: ada@demo.test <eve@demo.test>\r\nTo: bob@demo.test\r\n\r\nhi\r\n`],
    ["a line that is no header", `${head}${who}hello\r\n\r\nhi\r\n`],
    ["a To that is no address", `${head}From: ada@demo.test\r\nTo: b..ob@demo.test\r\n\r\nhi\r\n`],
    ["a To of which one is no address", `${head}From: ada@demo.test\r\nTo: bob, eve@demo.test\r\n\r\nhi\r\n`],
    ["a Cc with a group", `${head}${who}Cc: all: eve@demo.test, x@demo.test;\r\n\r\nhi\r\n`],
    ["headers over 1 MiB", `${head}${who}${`X-A: ${"x".repeat(900)}\r\n`.repeat(1200)}\r\nhi\r\n`],
  ]
  it.each(refused)("G8: %s is 422 with a fix, and nothing is stored", async (_what, mail) => {
    const app = createTestApp({ parser, limits: { ...createTestApp().ports.limits, maxMessageBytes: 4_000_000 } })
    await app.request("PUT", "/v1/accounts/ada", { json: ada })
    const answer = await post(app, mail)
    expect([answer.status, answer.body.code]).toEqual([422, "unsupported"])
    expect(answer.body.fix).toBeTruthy()
    expect((await app.request("GET", "/v1/messages")).body.data).toEqual([])
  })

  it("a line of 998 octets goes", async () => {
    const app = await start()
    expect((await post(app, `${head}${who}\r\n${"x".repeat(998)}\r\n`)).status).toBe(202)
  })

  it("G3: the From header is bound to the account like any other", async () => {
    const app = await start()
    const answer = await post(app, `${head}From: eve@evil.test\r\nTo: bob@demo.test\r\n\r\nhi\r\n`)
    expect([answer.status, answer.body.code]).toEqual([422, "from_not_allowed"])
  })

  it("H2: only a mail with octets over 127 asks for 8BITMIME", async () => {
    const app = await start()
    for (const [octet, eightBit] of [
      ["x", false],
      ["\xe9", true],
    ] as const) {
      const { body } = await post(app, `${head}${who}\r\n${octet}\r\n`)
      const record = await app.ports.records.get<{ state: { eightBit: boolean } }>(`out#${body.id}`)
      expect(record?.body.state.eightBit).toBe(eightBit)
    }
  })

  it("the query is for raw mail: with JSON it is refused, not dropped", async () => {
    const app = await start()
    const json = { account: "ada", to: "bob@demo.test", text: "hi" }
    const answer = await app.request("POST", "/v1/messages?rcpt_to=eve@demo.test", { json })
    expect([answer.status, answer.body.errors[0].parameter]).toEqual([400, "rcpt_to"])
  })
})

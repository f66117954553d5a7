import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

async function withAda(): Promise<TestApp> {
  const app = createTestApp()
  await app.request("PUT", "/v1/accounts/ada", { json: ada })
  return app
}

const mail = { account: "ada", to: "Bob <bob@demo.test>", subject: "Hello", text: "It works." }
const send = (app: TestApp, json: unknown, headers: Record<string, string> = {}) =>
  app.request("POST", "/v1/messages", { json, headers })

describe("POST /v1/messages", () => {
  it("accepts, says where to look, and sends the job", async () => {
    const app = await withAda()
    const answer = await send(app, mail)
    expect(answer.status).toBe(202)
    expect(answer.headers.get("location")).toBe(`/v1/messages/${answer.body.id}`)
    expect(answer.body).toMatchObject({
      direction: "outbound",
      status: "queued",
      account: "ada",
      from: { name: null, address: "ada@demo.test" },
      to: [{ name: "Bob", address: "bob@demo.test" }],
      recipients: [{ address: "bob@demo.test", status: "queued" }],
    })
    expect((await app.ports.jobs.depth("outbound")).waiting).toBe(1)
  })

  it("addresses come as text, object, one or several, and go back as objects", async () => {
    const app = await withAda()
    const { body } = await send(app, {
      ...mail,
      to: ["a@demo.test", { name: "B", address: "b@DEMO.test" }],
      cc: { address: "c@demo.test" },
      reply_to: '"Last, First" <d@bücher.test>',
    })
    expect(body.to).toEqual([
      { name: null, address: "a@demo.test" },
      { name: "B", address: "b@demo.test" },
    ])
    expect(body.cc).toEqual([{ name: null, address: "c@demo.test" }])
    expect(body.reply_to).toEqual([{ name: "Last, First", address: "d@xn--bcher-kva.test" }])
  })

  it("attachments and headers end up in the bytes that are sent", async () => {
    const app = await withAda()
    const content = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7) % 256))
    const { body } = await send(app, {
      ...mail,
      headers: [
        ["X-Thing", "1"],
        ["X-Thing", "2"],
      ],
      attachments: [{ filename: "a.bin", content: content.toString("base64"), content_type: "application/x-thing" }],
    })
    expect(body.attachments).toMatchObject([
      { index: 0, filename: "a.bin", size: 100_000, content_type: "application/x-thing" },
    ])
    const raw = await app.request("GET", `/v1/messages/${body.id}/raw`)
    expect(raw.text.match(/^X-Thing: [12]\r$/gm)).toHaveLength(2)
    expect(raw.text.replaceAll("\r\n", "")).toContain(content.toString("base64"))
  })

  it("the same Idempotency-Key and request is one message, the answer of then", async () => {
    const app = await withAda()
    const first = await send(app, mail, { "Idempotency-Key": "welcome-42" })
    const again = await send(app, { ...mail, account: "ada" }, { "Idempotency-Key": '"welcome-42"' })
    expect([again.status, again.body.id, again.headers.get("idempotent-replayed")]).toEqual([
      202,
      first.body.id,
      "true",
    ])
    const other = await send(app, { ...mail, text: "Other." }, { "Idempotency-Key": "welcome-42" })
    expect([other.status, other.body.code]).toEqual([422, "idempotency_mismatch"])
  })

  it("a key bound to one account need not name it", async () => {
    const app = await withAda()
    const key = await app.key({ accounts: ["ada"], scopes: ["messages:send"] })
    const { account: _known, ...rest } = mail
    expect((await app.request("POST", "/v1/messages", { key, json: rest })).body.account).toBe("ada")
    const unbound = await app.request("POST", "/v1/messages", { json: rest })
    expect([unbound.status, unbound.body.code]).toEqual([422, "account_required"])
  })

  it("fields set to null or to what they mean when unused are as if absent", async () => {
    const app = await withAda()
    const unused = {
      cc: null,
      template: null,
      window: null,
      calendar: null,
      sent_copy: "auto",
      allow_loop: false,
      route: null,
    }
    expect((await send(app, { ...mail, ...unused })).status).toBe(202)
  })
})

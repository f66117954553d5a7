import { randomBytes } from "node:crypto"
import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

// Bodies over 1 MiB, of which long texts are read apart from the rest.
const octets = randomBytes(1_200_001)
const mail = { account: "ada", to: "bob@demo.test", subject: "Hello" }

async function start(): Promise<TestApp> {
  const limits = { ...createTestApp().ports.limits, maxMessageBytes: 16_000_000 }
  const app = createTestApp({ limits }, { limits: { maxJsonBytes: 16_000_000 } })
  await app.request("PUT", "/v1/accounts/ada", { json: ada })
  return app
}

const post = (app: TestApp, text: string, chunkBytes = 65_536) => {
  const whole = Buffer.from(text)
  const chunks = Array.from({ length: Math.ceil(whole.length / chunkBytes) }, (_, n) =>
    whole.subarray(n * chunkBytes, (n + 1) * chunkBytes),
  )
  return app.app.request("/v1/messages", {
    method: "POST",
    body: ReadableStream.from(chunks),
    duplex: "half",
    headers: { Authorization: "Bearer admin-key-of-the-tests-0123456789abcdef", "Content-Type": "application/json" },
  })
}

async function attachmentOf(app: TestApp, id: string): Promise<Buffer> {
  const { text } = await app.request("GET", `/v1/messages/${id}/raw`)
  const part = text.slice(text.indexOf("base64\r\n"))
  return Buffer.from(part.slice(part.indexOf("\r\n\r\n")).split("\r\n--")[0] ?? "", "base64")
}

describe("a large JSON body", () => {
  const base64 = octets.toString("base64")
  const escaped: [who: string, content: string][] = [
    ["plain", base64],
    ["PHP, which escapes slashes", base64.replaceAll("/", "\\/")],
    [".NET, which escapes plus signs", base64.replaceAll("+", "\\u002B")],
    ["somebody who escapes everything", base64.replace(/[^=]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)],
  ]
  it.each(escaped)("gives the same attachment as written by %s, at any chunk boundary", async (_who, content) => {
    for (const chunkBytes of [65_536, 65_533, 4099]) {
      const app = await start()
      const json = JSON.stringify({ ...mail, attachments: [{ filename: "a", content: "CONTENT" }] }).replace(
        "CONTENT",
        content,
      )
      const answer = await post(app, json, chunkBytes)
      expect(answer.status).toBe(202)
      const { id } = (await answer.json()) as { id: string }
      expect((await attachmentOf(app, id)).equals(octets)).toBe(true)
    }
  })

  it("gives long texts of other fields as they are", async () => {
    const app = await start()
    const text = `Grüße "quoted" \\ 😀\n`.repeat(40_000)
    const answer = await post(app, JSON.stringify({ ...mail, text, attachments: [{ content: base64 }] }))
    const { id } = (await answer.json()) as { id: string }
    expect((await app.request("GET", `/v1/messages/${id}`)).body.text).toBe(text)
  })

  const faults: [what: string, content: string, code: string, pointer?: string][] = [
    ["a character that is not base64's", `${base64.slice(0, 70_000)}*${base64.slice(70_001)}`, "invalid_base64"],
    ["a character beyond ASCII", `${base64.slice(0, 70_000)}é${base64.slice(70_001)}`, "invalid_base64"],
    ["padding in the middle", `${base64.slice(0, 70_000)}====${base64.slice(70_004)}`, "invalid_base64"],
    ["missing padding", base64.slice(0, -1), "invalid_base64"],
    ["bits that no octet uses", `${base64.slice(0, -4)}QR==`, "invalid_base64"],
    ["a line break as an escape", `${base64.slice(0, 70_000)}\\n${base64.slice(70_000)}`, "invalid_base64"],
  ]
  it.each(faults)("with %s is refused by pointer", async (_what, content, code) => {
    const app = await start()
    const json = JSON.stringify({ ...mail, attachments: [{ content: "" }, { content: "CONTENT" }] }).replace(
      "CONTENT",
      content,
    )
    const answer = await post(app, json)
    const body = (await answer.json()) as { errors: unknown[] }
    expect([answer.status, body.errors]).toMatchObject([400, [{ pointer: "/attachments/1/content", code }]])
  })

  const broken: [what: string, change: (json: string) => string][] = [
    ["a bad escape", (json) => json.replace("CONTENT", `${base64}\\x`)],
    ["a line break in a text", (json) => json.replace("CONTENT", `${base64}\n`)],
    ["no end of a text", (json) => json.replace('CONTENT"}]}', base64)],
    ["a comma too many", (json) => json.replace("CONTENT", base64).replace("{", "{,")],
    ["a member twice", (json) => json.replace("CONTENT", base64).replace("{", '{"to":"",')],
    ["a long name", (json) => json.replace("CONTENT", base64).replace("{", `{"${base64}":1,`)],
  ]
  it.each(broken)("with %s is no JSON", async (_what, change) => {
    const app = await start()
    const answer = await post(app, change(JSON.stringify({ ...mail, attachments: [{ content: "CONTENT" }] })))
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, "invalid_json"])
  })
})

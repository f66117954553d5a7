import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type RunningRelay, type Shape, startRelay, until } from "../../support/running-relay.ts"
import { type ScriptedSmtp, startScriptedSmtp } from "../../support/scripted-smtp.ts"

let relay: RunningRelay
let smtp: ScriptedSmtp
beforeAll(async () => {
  relay = await startRelay()
  smtp = await startScriptedSmtp()
  const account = {
    id: "ada",
    email: "ada@demo.test",
    smtp: { host: "127.0.0.1", port: smtp.port, security: "none" },
  }
  expect((await relay.call("POST", "/v1/accounts", { json: account })).status).toBe(201)
})
afterAll(async () => {
  await relay?.stop()
  await smtp?.close()
  expect(relay?.errors).toEqual([])
})

const mail = { account: "ada", to: "bob@demo.test", subject: "x", text: "hi" }
const attachment = { filename: "a.txt", content: "aGk=", content_type: "text/plain", content_id: "c1" }
const send = (json: Shape, headers = {}) => relay.call("POST", "/v1/messages", { json, headers })

/** Every field that takes text, with the text put into its middle. */
const fields: Record<string, (text: string) => Shape> = {
  account: (t) => ({ account: `a${t}b` }),
  "from, text": (t) => ({ from: `Ada ${t} <ada@demo.test>` }),
  "from.name": (t) => ({ from: { name: `A${t}B`, address: "ada@demo.test" } }),
  "from.address": (t) => ({ from: { address: `ada${t}@demo.test` } }),
  "to, text": (t) => ({ to: `bob@demo.test${t}` }),
  "to, domain": (t) => ({ to: [`bob@demo${t}.test`] }),
  "to.name": (t) => ({ to: { name: `B${t}`, address: "bob@demo.test" } }),
  "to.address": (t) => ({ to: [{ name: "B", address: `b${t}ob@demo.test` }] }),
  "cc, text": (t) => ({ cc: [`Cy${t} <cy@demo.test>`] }),
  "bcc.name": (t) => ({ bcc: [{ name: `C${t}y`, address: "cy@demo.test" }] }),
  "bcc.address": (t) => ({ bcc: [{ address: `cy@demo.test${t}` }] }),
  "reply_to.name": (t) => ({ reply_to: [{ name: `C${t}y`, address: "cy@demo.test" }] }),
  "reply_to, text": (t) => ({ reply_to: `cy${t}@demo.test` }),
  subject: (t) => ({ subject: `a${t}b` }),
  "header value": (t) => ({ headers: { "X-A": `1${t}2` } }),
  "header value in a list": (t) => ({ headers: [["X-A", `1${t}2`]] }),
  "header name": (t) => ({ headers: { [`X-A${t}X-B`]: "1" } }),
  "header name in a list": (t) => ({ headers: [[`X-A${t}`, "1"]] }),
  filename: (t) => ({ attachments: [{ ...attachment, filename: `a${t}.txt` }] }),
  content_type: (t) => ({ attachments: [{ ...attachment, content_type: `text/plain${t}` }] }),
  "content_type parameter": (t) => ({ attachments: [{ ...attachment, content_type: `text/plain; name="a${t}b"` }] }),
  content_id: (t) => ({ attachments: [{ ...attachment, content_id: `c${t}1` }] }),
  disposition: (t) => ({ attachments: [{ ...attachment, disposition: `inline${t}` }] }),
  content: (t) => ({ attachments: [{ ...attachment, content: `aGk=${t}` }] }),
  tag: (t) => ({ tags: [`a${t}b`] }),
  "metadata name": (t) => ({ metadata: { [`a${t}b`]: "v" } }),
  "metadata value": (t) => ({ metadata: { a: `v${t}w` } }),
  message_id: (t) => ({ message_id: `<a${t}@demo.test>` }),
  "message_id after its end": (t) => ({ message_id: `<a@demo.test>${t}` }),
  "envelope.mail_from": (t) => ({ envelope: { mail_from: `ada${t}@demo.test` } }),
  "envelope.rcpt_to": (t) => ({ envelope: { rcpt_to: [`bob@demo.test${t}`] } }),
  route: (t) => ({ route: `a${t}b` }),
  expires_at: (t) => ({ expires_at: `2030-01-01T00:00:00Z${t}` }),
  automatic: (t) => ({ automatic: `replied${t}` }),
  priority: (t) => ({ priority: `high${t}` }),
  delivery: (t) => ({ delivery: `at_least_once${t}` }),
}
const hostile = {
  CRLF: "\r\nBcc: eve@evil.test\r\n",
  LF: "\n",
  CR: "\r",
  NUL: "\0",
  "CRLF and a dot": "\r\n.\r\nMAIL FROM:<eve@evil.test>",
}

describe("G1: CR, LF or NUL in any field of a message is a 400 that points at it, and nothing is stored or sent", () => {
  for (const [field, put] of Object.entries(fields)) {
    it(field, async () => {
      for (const text of Object.values(hostile)) {
        const change = put(text)
        const { status, body } = await send({ ...mail, ...change })
        expect([status, body.code, JSON.stringify(text)]).toEqual([400, "invalid_request", JSON.stringify(text)])
        expect(body.errors[0].pointer.startsWith(`/${Object.keys(change)[0]}`)).toBe(true)
        expect(body.errors[0].detail).toMatch(/\w+ \w+ \w+/)
      }
    })
  }

  it("the Idempotency-Key", async () => {
    // HTTP clients refuse CR, LF and NUL in a header themselves; what they let through is refused here.
    for (const key of ["a\tb", "a b", "ä", "x".repeat(257), '""']) {
      const { status, body } = await send(mail, { "Idempotency-Key": key })
      expect([key, status, body.code]).toEqual([key, 400, "invalid_idempotency_key"])
    }
  })

  it("none of them left a message or reached the server", async () => {
    expect((await relay.call("GET", "/v1/messages?account=ada")).body.data).toEqual([])
    expect(smtp.commands()).toEqual([])
  })
})

const seasoned = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom(
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\r\n.\r\n",
        "\u0085",
        "\u2028",
        "\x0b",
        '"',
        "<",
        ">",
        "=?utf-8?q?=0d=0aBcc:_e?=",
      ),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(""))

describe("whatever text a field is given", () => {
  it("either it is refused, or the mail on the wire has just our headers, our envelope and our lines", {
    timeout: 60_000,
  }, async () => {
    const names = Object.keys(fields)
    const accepted: { id: string }[] = []
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), seasoned, async (name, text) => {
        const { status, body } = await send({ ...mail, ...fields[name]?.(text) })
        expect([202, 400, 422]).toContain(status)
        if (status === 202) accepted.push(body)
      }),
      { numRuns: 300, seed: 7 },
    )
    await until(
      () => smtp.mails().length,
      (count) => count >= accepted.length,
    )
    expect(accepted.length).toBeGreaterThan(10)
    const known =
      /^(?:From|To|Cc|Reply-To|Subject|Message-ID|Date|MIME-Version|X-Postrider-Id|X-A[^:]*|Content-Type|Content-Transfer-Encoding|Content-ID|Content-Disposition|Auto-Submitted|X-Auto-Response-Suppress|X-Priority|Importance|Priority):/i
    for (const { data, mail: from, recipients } of smtp.mails()) {
      const text = data.toString("latin1")
      const header = text.slice(0, text.indexOf("\r\n\r\n")).replace(/\r\n[ \t]/g, " ")
      for (const line of header.split("\r\n")) expect(line).toMatch(known)
      expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n\0]/)
      expect([from, ...recipients].join(" ")).not.toMatch(/evil/)
    }
    const verbs = new Set(smtp.commands().map((line) => line.split(" ")[0]))
    expect([...verbs].sort()).toEqual(["DATA", "EHLO", "MAIL", "RCPT"])
    expect(smtp.commands().filter((line) => line.startsWith("MAIL")).length).toBe(smtp.mails().length)
  })
})

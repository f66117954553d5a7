import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { RelayError } from "@postrider/core/error/relay-error"
import type { MailToCompose } from "@postrider/core/ports/mime"
import { createMimeComposer } from "@postrider/mail/mime/compose"
import fc from "fast-check"
import { simpleParser } from "mailparser"
import { describe, expect, it } from "vitest"
import { attachment, collect, mail } from "./compose-mail.ts"

const composer = createMimeComposer()
const compose = async (changes: Partial<MailToCompose> = {}): Promise<string> => {
  const composed = await composer.compose(mail(changes))
  const bytes = await collect(composed.body())
  expect(bytes.length).toBe(composed.size)
  return bytes.toString("utf8")
}
const field = (raw: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, "im").exec(raw.slice(0, raw.indexOf("\r\n\r\n") + 2))?.[1]
const octets = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255))

async function refusal(changes: Partial<MailToCompose>): Promise<unknown> {
  const error = await composer.compose(mail(changes)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof RelayError)) throw new Error("was not refused")
  return [error.code, error.options.errors?.[0]?.pointer, error.options.errors?.[0]?.code]
}

const rich: Partial<MailToCompose> = {
  to: [{ name: 'Zoë, "the" Ñandú', address: "zoe@bücher.example" }],
  cc: [{ name: "O'Neil, Pat", address: "pat@example.test" }],
  replyTo: [{ name: null, address: "r@acme.test" }],
  subject: "Grüße aus Köln – und noch viel mehr Worte, damit die Zeile gefaltet werden muss, mehr als einmal 🎉",
  text: "Zeile eins\nFrom here\n.\nÄ = Umlaut   \n",
  html: '<p>Hallo <img src="cid:logo@x"></p>',
  headers: [["X-Postrider-Id", "out_1"]],
  inReplyTo: "<p@x.test>",
  references: ["<a@x.test>", "<p@x.test>"],
  attachments: [
    attachment(octets(5000), {
      filename: "logo.png",
      contentType: "image/png",
      disposition: "inline",
      contentId: "logo@x",
    }),
    attachment(octets(100_003), { filename: 'Übersicht "2026".pdf', contentType: "application/pdf" }, 777),
  ],
}

describe("composing a mail", () => {
  it("gives equal bytes for equal input, on every call of the body (G7)", async () => {
    const one = await composer.compose(mail(rich))
    const two = await createMimeComposer().compose(mail(rich))
    const first = await collect(one.body())
    expect((await collect(one.body())).equals(first)).toBe(true)
    expect((await collect(two.body())).equals(first)).toBe(true)
  })

  it("gives equal bytes in another process, clock and time zone", async () => {
    const script = `
      import { createMimeComposer } from "@postrider/mail/mime/compose"
      import { createHash } from "node:crypto"
      import { mail } from "./compose-mail.ts"
      const hash = createHash("sha256")
      const composed = await createMimeComposer().compose(mail({ subject: "Grüße", html: "<b>x</b>" }))
      for await (const chunk of composed.body()) hash.update(chunk)
      process.stdout.write(hash.digest("hex"))`
    const node = join(import.meta.dirname, "../../../node_modules/.bin/node")
    const other = execFileSync(node, ["--input-type=module-typescript", "-e", script], {
      cwd: import.meta.dirname,
      env: { ...process.env, TZ: "Pacific/Auckland" },
      encoding: "utf8",
    })
    const here = createHash("sha256")
      .update(await compose({ subject: "Grüße", html: "<b>x</b>" }))
      .digest("hex")
    expect(other).toBe(here)
  })

  it("is read back as what was put in", async () => {
    const raw = await compose(rich)
    const read = await simpleParser(raw, { keepCidLinks: true })
    expect(read.subject).toBe(rich.subject)
    expect(read.text).toBe(rich.text)
    expect(read.html).toContain('src="cid:logo@x"')
    expect(read.messageId).toBe("<out_1@acme.test>")
    expect(read.references).toEqual(rich.references)
    expect(read.inReplyTo).toBe("<p@x.test>")
    expect(read.date?.getTime()).toBe(mail().date)
    expect(read.attachments.map((each) => [each.filename, each.contentType, each.size, each.related === true])).toEqual(
      [
        ["logo.png", "image/png", 5000, true],
        ['Übersicht "2026".pdf', "application/pdf", 100_003, false],
      ],
    )
    expect(read.attachments[1]?.content.equals(octets(100_003))).toBe(true)
  })

  it("is 7-bit with CRLF alone and no line over 998 octets, whatever the content (G7)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          subject: fc.string({ unit: "grapheme" }).filter((text) => !/[\p{Cc}]/u.test(text) && text.isWellFormed()),
          text: fc.string({ unit: "binary", maxLength: 3000 }),
          html: fc.option(fc.string({ unit: "grapheme", maxLength: 3000 }), { nil: null }),
          size: fc.nat(400),
        }),
        async ({ subject, text, html, size }) => {
          const raw = await compose({ subject, text, html, attachments: [attachment(octets(size), {}, 7)] })
          expect(raw).toMatch(/^(?:[\t\x20-\x7e]{0,998}\r\n)*$/)
          const read = await simpleParser(raw)
          expect((read.subject ?? "").replace(/\s+/gu, " ").trim()).toBe(subject.replace(/\s+/gu, " ").trim())
          expect(read.attachments.at(-1)?.content.equals(octets(size))).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  it("uses no more levels than it needs", async () => {
    expect(field(await compose(), "Content-Type")).toBe("text/plain; charset=utf-8")
    expect(field(await compose({ html: "x" }), "Content-Type")).toMatch(/^multipart\/alternative;/)
    expect(field(await compose({ text: null, html: "x" }), "Content-Type")).toMatch(/^text\/html/)
    expect(field(await compose({ attachments: [attachment(octets(1))] }), "Content-Type")).toMatch(/^multipart\/mixed;/)
    const image = attachment(octets(1), { disposition: "inline", contentId: "c" })
    expect(field(await compose({ text: null, html: "x", attachments: [image] }), "Content-Type")).toMatch(
      /^multipart\/related;/,
    )
  })

  it("says undisclosed-recipients where nobody is named, and never names Bcc (G3)", async () => {
    expect(field(await compose({ to: [], cc: [] }), "To")).toBe("undisclosed-recipients:;")
    const cc = await compose({ to: [], cc: [{ name: null, address: "c@x.test" }] })
    expect([field(cc, "To"), field(cc, "Cc")]).toEqual([undefined, "c@x.test"])
    expect(await refusal({ headers: [["Bcc", "x@x.test"]] })).toEqual([
      "invalid_request",
      "/headers/Bcc",
      "reserved_header",
    ])
  })

  it("says nothing of its maker", async () => {
    expect(await compose(rich)).not.toMatch(/X-Mailer|nodemailer/i)
  })

  it("writes domains as A-labels (G2)", async () => {
    expect(field(await compose({ to: [{ name: null, address: "a@bücher.example" }] }), "To")).toBe(
      "a@xn--bcher-kva.example",
    )
  })

  it("keeps a non-ASCII local part as UTF-8 beside an A-label, which needs SMTPUTF8 (H2)", async () => {
    expect(field(await compose({ to: [{ name: null, address: "jürgen@bücher.example" }] }), "To")).toBe(
      "jürgen@xn--bcher-kva.example",
    )
  })

  it.each([
    ["subject", { subject: "x".repeat(1000) }, "/subject", "too_long"],
    ["header", { headers: [["X-Long", "y".repeat(1200)]] }, "/headers/X-Long", "too_long"],
    ["message id", { messageId: `<${"i".repeat(1000)}@x>` }, "/message_id", "too_long"],
    ["reference", { references: [`<${"i".repeat(1000)}@x>`] }, "/reference", "too_long"],
  ] as [string, Partial<MailToCompose>, string, string][])(
    "refuses a %s that cannot be folded below 998 octets and names it (G7)",
    async (_name, changes, pointer, code) => {
      expect(await refusal(changes)).toEqual(["invalid_request", pointer, code])
    },
  )

  it.each([
    ["subject", { subject: "a\r\nBcc: x@x.test" }, "/subject"],
    ["name", { to: [{ name: "a\nb", address: "a@x.test" }] }, "/to"],
    ["header", { headers: [["X-A", "b\u0000"]] }, "/headers/X-A"],
    ["file name", { attachments: [attachment(octets(1), { filename: "a\r\nb" })] }, "/attachments/0/filename"],
    [
      "content type",
      { attachments: [attachment(octets(1), { contentType: "text/x\r\nX: y" })] },
      "/attachments/0/content_type",
    ],
    ["message id", { messageId: "<a\r\n@b>" }, "/message_id"],
    ["lone surrogate", { subject: "a\ud800" }, "/subject"],
  ] as [string, Partial<MailToCompose>, string][])(
    "refuses control characters in a %s (G1)",
    async (_name, changes, pointer) => {
      expect(await refusal(changes)).toEqual(["invalid_request", pointer, "control_character"])
    },
  )

  it.each([
    ["group", "a:b@x.test;"],
    ["second address", "a@x.test, b@x.test"],
    ["brackets", "a@x.test>, <b@x.test"],
    ["comment", "a(c)@x.test"],
    ["name", "A <a@x.test>"],
  ])("refuses an address with a %s in it (G2)", async (_name, address) => {
    expect(await refusal({ to: [{ name: null, address }] })).toEqual(["invalid_request", "/to", "invalid_address"])
  })

  it("never folds a header into a line of spaces", async () => {
    const subject = `a${" ".repeat(200)}b`
    const raw = await compose({ subject })
    expect(raw.split("\r\n\r\n", 1)[0]).not.toMatch(/\r\n[ \t]*\r\n/)
    expect((await simpleParser(raw)).subject).toBe(subject)
  })

  it("names attached files by their last path segment without controls (O2), and messages without base64 on message/*", async () => {
    const raw = await compose({
      attachments: [
        attachment(octets(3), { filename: "../../etc/pass\u202ewd" }),
        attachment(octets(3), { filename: null, contentType: "message/rfc822" }),
        attachment(octets(3), { filename: `${"ü".repeat(150)}.pdf` }),
      ],
    })
    const read = await simpleParser(raw)
    expect(read.attachments.map((each) => each.filename)).toEqual(["passwd", "message.eml", `${"ü".repeat(98)}.pdf`])
    expect(raw).not.toContain("message/rfc822")
  })

  it("fails in the body where an attachment is not as long as it said, because SIZE was promised", async () => {
    for (const size of [9, 11]) {
      const composed = await composer.compose(mail({ attachments: [attachment(octets(10), { size })] }))
      await expect(collect(composed.body())).rejects.toMatchObject({ code: "internal" })
    }
  })

  it("holds no attachment in memory: a mail of 60 MB comes in pieces below 1 MB", async () => {
    const size = 45_000_000
    const chunk = new Uint8Array(65_536)
    const body = async function* () {
      for (let at = 0; at < size; at += chunk.length) yield chunk.subarray(0, Math.min(chunk.length, size - at))
    }
    const composed = await composer.compose(mail({ attachments: [attachment(new Uint8Array(), { size, body })] }))
    let read = 0
    for await (const piece of composed.body()) {
      expect(piece.length).toBeLessThan(1_000_000)
      read += piece.length
    }
    expect(read).toBe(composed.size)
  })
})

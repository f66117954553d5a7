import { createHash } from "node:crypto"
import { fileURLToPath, pathToFileURL } from "node:url"
import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, describe, expect, it } from "vitest"

const parser = createMimeParser({ maxBytes: 64 * 1024 * 1024, timeoutMs: 10_000, maxHeapMb: 128, workers: 2 })
afterAll(() => parser.close())

async function* stream(text: string | Uint8Array, size = 7) {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const parse = (lines: string[]) => parser.parse(stream(lines.join("\r\n")))

const pdf = Buffer.alloc(3_000_000, "attachment ")
const mixed = [
  "From: Jane <jane@a.test>",
  "To: x@b.test",
  "Subject: files",
  "Message-ID: <1@a.test>",
  "Date: Fri, 20 Nov 2026 10:00:00 +0100 (CET)",
  "MIME-Version: 1.0",
  "Content-Type: multipart/mixed; boundary=b",
  "",
  "--b",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "see file",
  "--b",
  "Content-Type: application/pdf; name=a.pdf",
  "Content-Disposition: attachment; filename=a.pdf",
  "Content-Transfer-Encoding: base64",
  "",
  pdf.toString("base64").replace(/.{76}/g, "$&\r\n"),
  "--b",
  "Content-Type: image/png",
  "Content-Disposition: inline",
  "Content-ID: <logo>",
  "Content-Transfer-Encoding: base64",
  "",
  "aGVsbG8=",
  "--b--",
  "",
]

describe("parse", () => {
  it("attachments are counted and hashed, texts and headers read", async () => {
    const mail = await parser.parse(stream(mixed.join("\r\n"), 65_536))
    expect(mail).toMatchObject({
      status: "ok",
      defects: [],
      messageId: "<1@a.test>",
      from: { name: "Jane", address: "jane@a.test" },
      to: [{ name: null, address: "x@b.test" }],
      subject: "files",
      date: Date.parse("2026-11-20T09:00:00Z"),
      text: "see file",
      html: null,
      marks: [],
    })
    expect(mail.attachments).toEqual([
      {
        index: 0,
        filename: "a.pdf",
        content_type: "application/pdf",
        size: pdf.length,
        sha256: createHash("sha256").update(pdf).digest("hex"),
        content_id: null,
        disposition: "attachment",
      },
      {
        index: 1,
        filename: null,
        content_type: "image/png",
        size: 5,
        sha256: createHash("sha256").update("hello").digest("hex"),
        content_id: "<logo>",
        disposition: "inline",
      },
    ])
  })

  it("headers keep their order and their spelling, continuations are unfolded, RFC 2047 words left alone", async () => {
    const mail = await parse(["X-B: 1", "x-a: two", "\tlines", "X-B: =?utf-8?q?=61?=", "", ""])
    expect(mail.headers).toEqual([
      ["X-B", "1"],
      ["x-a", "two\tlines"],
      ["X-B", "=?utf-8?q?=61?="],
    ])
  })

  it("undeclared 8-bit that is UTF-8 is UTF-8, without a defect", async () => {
    const mail = await parser.parse(stream(Buffer.from("Subject: Grüße\r\n\r\nschön")))
    expect(mail).toMatchObject({ subject: "Grüße", text: "schön", defects: [] })
  })

  it("undeclared 8-bit that is not UTF-8 is windows-1252, with the defect charset_guessed", async () => {
    const header = await parse(["Subject: Gr\xfc\xdfe \x80", "", "plain"])
    expect(header).toMatchObject({ subject: "Grüße €", defects: ["charset_guessed"] })
    const body = await parse(["Subject: s", "Content-Type: text/plain; charset=us-ascii", "", "sch\xf6n \x93q\x94"])
    expect(body).toMatchObject({ text: "schön “q”", defects: ["charset_guessed"] })
  })

  it("an unknown charset is guessed; gb2312 and iso-2022-jp are decoded, also split over two words", async () => {
    expect((await parse(["Content-Type: text/plain; charset=klingon", "", "sch\xf6n"])).defects).toEqual([
      "charset_guessed",
    ])
    expect((await parse(["Content-Type: text/plain; charset=gb2312", "", "\xc4\xe3\xba\xc3"])).text).toBe("你好")
    expect((await parse(["Subject: =?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=", "", ""])).subject).toBe(
      "日本",
    )
  })

  it("UTF-7 is never decoded", async () => {
    const mail = await parse(["Content-Type: text/html; charset=utf-7", "", "+ADw-script+AD4-"])
    expect(mail.html).toBe("+ADw-script+AD4-")
    expect((await parse(["Subject: =?utf-7?Q?+ADw-?=", "", ""])).subject).toBe("+ADw-")
  })

  it("format=flowed is joined at equal quote depth, the signature line kept", async () => {
    const mail = await parse(["Content-Type: text/plain; format=flowed", "", "> a ", "> b", "c ", "d", "-- ", "me"])
    expect(mail.text).toBe("> a b\nc d\n-- \nme")
  })

  it("a calendar part is text, with its method", async () => {
    const mail = await parse([
      "Content-Type: text/calendar; method=request; charset=utf-8",
      "",
      "BEGIN:VCALENDAR",
      "END:VCALENDAR",
    ])
    expect(mail.calendar).toEqual({ method: "REQUEST", content: "BEGIN:VCALENDAR\r\nEND:VCALENDAR" })
  })

  it.each([
    ["signed", "multipart/signed; boundary=b"],
    ["encrypted", "multipart/encrypted; boundary=b"],
    ["encrypted", "application/pkcs7-mime; smime-type=enveloped-data"],
    ["signed", "application/pkcs7-mime; smime-type=signed-data"],
    ["tnef", "application/ms-tnef"],
  ])("a mail is marked %s by %s", async (mark, type) => {
    expect((await parse([`Content-Type: ${type}`, "", "--b", "", "x", "--b--"])).marks).toEqual([mark])
  })

  it("a date that cannot be read is null, never today", async () => {
    expect((await parse(["Date: the other day", "", ""])).date).toBeNull()
  })

  it("an error of the raw stream is thrown, and the next mail parses", async () => {
    const broken = async function* () {
      yield Buffer.from("Subject: x\r\n")
      throw new Error("disk gone")
    }
    await expect(parser.parse(broken())).rejects.toThrow("disk gone")
    expect((await parse(["Subject: next", "", ""])).subject).toBe("next")
  })

  it("oversize mail: headers alone, status oversize (mail-rules B6)", async () => {
    const mail = await parser.parseHeaders(Buffer.from("From: a@b.test\r\nSubject: huge\r\n\r\n"))
    expect(mail).toMatchObject({ status: "oversize", subject: "huge", from: { name: null, address: "a@b.test" } })
  })
})

describe("attachment", () => {
  const raw = () => stream(mixed.join("\r\n"), 65_536)

  it("streams the decoded octets, and fills in size and digest at the end", async () => {
    const found = await parser.attachment(raw(), 0)
    const chunks: Uint8Array[] = []
    for await (const chunk of found?.body ?? []) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(pdf)).toBe(true)
    expect(found?.meta).toMatchObject({ filename: "a.pdf", size: pdf.length })
  })

  it("none with that index is undefined", async () => {
    expect(await parser.attachment(raw(), 2)).toBeUndefined()
  })

  it("leaving early, even before the first read, frees the worker for the next mail", async () => {
    for (let i = 0; i < 5; i++) {
      const found = await parser.attachment(raw(), 0)
      for await (const _ of found?.body ?? []) break
      const unread = await parser.attachment(raw(), 0)
      await unread?.body[Symbol.asyncIterator]().return?.()
    }
    expect((await parse(["Subject: still here", "", ""])).subject).toBe("still here")
  })
})

describe("a worker that fails costs one mail (mail-rules B5)", () => {
  const withWorker = (file: string) =>
    createMimeParser({
      maxBytes: 1_000_000,
      timeoutMs: 300,
      maxHeapMb: 32,
      workers: 1,
      workerUrl: pathToFileURL(fileURLToPath(new URL(`../../fixtures/mime/${file}`, import.meta.url))),
    })

  it.each([
    ["hanging-worker.mjs", "parser_timeout"],
    ["dying-worker.mjs", "parser_crash"],
    ["greedy-worker.mjs", "parser_crash"],
  ])("%s: status failed with subject and from, defect %s, twice in a row", async (file, defect) => {
    const failing = withWorker(file)
    for (let i = 0; i < 2; i++) {
      const mail = await failing.parse(stream("Subject: poison\r\nFrom: a@b.test\r\n\r\nbody", 64))
      expect(mail).toMatchObject({
        status: "failed",
        subject: "poison",
        from: { address: "a@b.test" },
        defects: [defect],
      })
    }
    await failing.close()
  })
})

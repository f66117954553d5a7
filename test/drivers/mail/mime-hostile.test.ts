import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, describe, expect, it } from "vitest"

const parser = createMimeParser({ maxBytes: 16 * 1024 * 1024, timeoutMs: 10_000, maxHeapMb: 128, workers: 1 })
afterAll(() => parser.close())

async function* stream(text: string | Uint8Array) {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
}

async function parse(text: string | Uint8Array) {
  const started = performance.now()
  const mail = await parser.parse(stream(text))
  expect(performance.now() - started).toBeLessThan(2000)
  return mail
}

describe("hostile mail comes back in time with what could be read", () => {
  it("10 MB of headers: partial, the first 1 MiB kept", async () => {
    const mail = await parse(
      `Subject: long\r\n${"X-A: 12345678901234567890123456789012345\r\n".repeat(250_000)}\r\nbody`,
    )
    expect(mail).toMatchObject({ status: "partial", subject: "long", defects: ["header_too_large"] })
    expect(mail.headers.length).toBeGreaterThan(20_000)
  })

  it("200,000 parts: partial, defect too_many_parts", async () => {
    const parts = "--b\r\n\r\nx\r\n".repeat(200_000)
    const mail = await parse(`Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`)
    expect(mail).toMatchObject({ status: "partial", subject: "many", defects: ["too_many_parts"] })
  })

  it("20,000 nested multiparts: partial, defect too_many_parts", async () => {
    let text = "Subject: deep\r\n"
    for (let i = 0; i < 20_000; i++) text += `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`
    expect(await parse(text)).toMatchObject({ status: "partial", subject: "deep", defects: ["too_many_parts"] })
  })

  it("20,000 nested messages: partial, defect too_many_parts", async () => {
    const text = "Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n".repeat(20_000)
    expect(await parse(text)).toMatchObject({ status: "partial", defects: ["too_many_parts"] })
  })

  it("no headers at all: ok, the text is there", async () => {
    expect(await parse("\r\njust text\r\n")).toMatchObject({ status: "ok", headers: [], text: "just text\n" })
  })

  it("an empty file: ok and empty", async () => {
    expect(await parse("")).toMatchObject({ status: "ok", headers: [], from: null, subject: null, attachments: [] })
  })

  it("NULs in headers and body: ok", async () => {
    const mail = await parse(`Subject: a\0b\r\nX-Null: \0\0\r\n\r\n${"\0".repeat(500_000)}`)
    expect(mail).toMatchObject({ status: "ok", subject: "a\0b" })
    expect(mail.text?.length).toBe(500_000)
  })

  it("bare CR as line ends: neither hangs nor throws", async () => {
    const mail = await parse("From: a@b.test\rSubject: old\r\rbody\r".repeat(1000))
    expect(mail.status).toBe("ok")
  })

  it("16 MB of one line, and a boundary that never comes: ok", async () => {
    const mail = await parse(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${"x".repeat(8_000_000)}`)
    expect(mail).toMatchObject({ status: "ok", text: null })
  })

  it("a mail over the limit is read up to it: partial, defect too_large", async () => {
    const mail = await parse(Buffer.alloc(17 * 1024 * 1024, "Subject: big\r\n\r\nx\r\n"))
    expect(mail).toMatchObject({ status: "partial", subject: "big" })
    expect(mail.defects).toContain("too_large")
  })

  it("text over 2 MiB is cut: ok, defect text_truncated", async () => {
    const mail = await parse(`Subject: t\r\n\r\n${"0123456789abcde\n".repeat(200_000)}`)
    expect(mail.defects).toEqual(["text_truncated"])
    expect(mail.text?.length).toBe(2 * 1024 * 1024)
  })

  it("address lists and encoded words of 200 KB are read in linear time", async () => {
    const mail = await parse(
      `To: ${"a@b.test, ".repeat(20_000)}\r\nCc: ${'(<"'.repeat(70_000)}\r\nSubject: ${"=?utf-8?q?=61?= ".repeat(15_000)}\r\n\r\n`,
    )
    expect(mail.to.length).toBe(2000)
    expect(mail.subject?.length).toBe(15_000)
    expect(mail.defects).toContain("too_many_addresses")
  })
})

import { type AutomaticFacts, automaticReason } from "@postrider/core/inbound/automatic"
import { attachmentKey } from "@postrider/core/inbound/content-keys"
import { safeFileName } from "@postrider/core/inbound/file-name"
import { readAuth } from "@postrider/core/inbound/read-auth"
import { textReply } from "@postrider/core/inbound/text-reply"
import { describe, expect, it } from "vitest"

const facts: AutomaticFacts = {
  headers: [],
  kind: "mail",
  returnPath: "bob@peer.test",
  from: "bob@peer.test",
  ownAddresses: ["ada@demo.test"],
  sentBy: null,
}

describe("L1 what must not be answered by a machine", () => {
  it("plain mail may be answered", () => {
    expect(automaticReason(facts)).toBeNull()
    expect(automaticReason({ ...facts, headers: [["Auto-Submitted", "no"]] })).toBeNull()
    expect(automaticReason({ ...facts, headers: [["Precedence", "first-class"]] })).toBeNull()
    expect(automaticReason({ ...facts, headers: [["X-Auto-Response-Suppress", "RN, NRN"]] })).toBeNull()
    expect(automaticReason({ ...facts, returnPath: null })).toBeNull()
  })

  it.each([
    ["auto_submitted", { headers: [["Auto-Submitted", "auto-replied (rule)"]] }],
    ["auto_submitted", { headers: [["auto-submitted", "nothing"]] }],
    ["null_return_path", { returnPath: "" }],
    ["kind", { kind: "bounce" }],
    ["own_message", { sentBy: "out_1" }],
    ["list", { headers: [["List-Id", "<a.b>"]] }],
    ["list", { headers: [["List-Unsubscribe", "<mailto:x@y>"]] }],
    ["precedence", { headers: [["Precedence", "Bulk"]] }],
    ["auto_response_suppress", { headers: [["X-Auto-Response-Suppress", "DR, OOF, AutoReply"]] }],
    ["sender_role", { from: "MAILER-DAEMON@peer.test" }],
    ["sender_role", { from: "no-reply@peer.test" }],
    ["own_address", { from: "Ada@Demo.test" }],
  ] satisfies [string, Partial<AutomaticFacts>][])("%s", (reason, given) => {
    expect(automaticReason({ ...facts, ...given })).toBe(reason)
  })

  it("the reasons that bind persons too come first (L2)", () => {
    const headers: AutomaticFacts["headers"] = [
      ["List-Id", "<a.b>"],
      ["Auto-Submitted", "auto-generated"],
    ]
    expect(automaticReason({ ...facts, headers })).toBe("auto_submitted")
  })
})

describe("K3 Authentication-Results", () => {
  const results: [string, string] = [
    "Authentication-Results",
    "mx.demo.test; spf=pass smtp.mailfrom=a@b; dkim=fail (bad) header.d=b; dkim=pass header.d=c; dmarc=none",
  ]
  const own: [string, string] = [
    "Received",
    "from peer.test by mx.demo.test with ESMTPS; Thu, 1 Jan 2026 00:00:00 +0000",
  ]
  const foreign: [string, string] = [
    "Received",
    "from evil.test by peer.test with SMTP; Thu, 1 Jan 2026 00:00:00 +0000",
  ]
  const trusted = ["MX.demo.test"]
  const auth = { spf: "pass", dkim: "pass", dmarc: "none", authserv_id: "mx.demo.test" }

  it("is read above or below the trusted host's own Received", () => {
    expect(readAuth([results, own, foreign], trusted)).toEqual(auth)
    expect(readAuth([own, results, foreign], trusted)).toEqual(auth)
  })

  it("relays inside the host that name themselves by address are passed over", () => {
    const inside: [string, string] = [
      "Received",
      "by 2002:a05:6402:1:b0:1 with SMTP id x; Thu, 1 Jan 2026 00:00:00 +0000",
    ]
    expect(readAuth([inside, own, results], trusted)).toEqual(auth)
  })

  it("below a Received of another host it could be the sender's own: null", () => {
    expect(readAuth([own, foreign, results], trusted)).toBeNull()
    expect(readAuth([foreign, results], trusted)).toBeNull()
  })

  it("another authserv-id, or none trusted: null, never a guess", () => {
    expect(readAuth([results], ["mx.other.test"])).toBeNull()
    expect(readAuth([results], [])).toBeNull()
  })
})

describe("text_reply", () => {
  it.each([
    ["Yes.\n\nOn Mon, 5 Jan 2026 at 10:00, Ada <a@b.test> wrote:\n> Really?\n", "Yes."],
    ["Ja.\n\nAm 05.01.2026 um 10:00 schrieb Ada:\n> Wirklich?\n", "Ja."],
    ["Yes.\n\nOn Mon, 5 Jan 2026 at 10:00, Ada Lovelace\n<a@b.test> wrote:\n> Really?\n", "Yes."],
    ["Yes.\n-----Original Message-----\nFrom: Ada\n", "Yes."],
    ["Yes.\n\nFrom: Ada\nSent: Monday\nTo: Bob\n", "Yes."],
    ["> Really?\nYes.\n> And now?\nNo.\n", "Yes.\nNo."],
    ["Yes.\n-- \nBob\n", "Yes."],
    ["Only text.", "Only text."],
  ])("%j is %j", (text, reply) => {
    expect(textReply(text)).toBe(reply)
  })

  it("nothing left is null", () => {
    expect(textReply("> all quoted\n")).toBeNull()
    expect(textReply(null)).toBeNull()
  })

  it("a megabyte of starts of quotes takes no longer than a moment", () => {
    const started = performance.now()
    textReply(`${"On ".repeat(200_000)}\n`.repeat(3))
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it.each(["am x schrieb ".repeat(70), "am x schrieb ".repeat(700), `op ${" schreef ".repeat(20_000)}`])(
    "two megabytes of a line that nearly begins a quote are read in linear time",
    (line) => {
      const text = `${line}x\n`.repeat(Math.ceil((2 * 1024 * 1024) / line.length))
      const started = performance.now()
      expect(textReply(text)).toBe(text.trim())
      expect(performance.now() - started).toBeLessThan(400)
    },
  )
})

describe("O2 file names", () => {
  it.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\temp\\a.pdf", "a.pdf"],
    ["a\r\nb\u0000.pdf", "ab.pdf"],
    ["gpj.\u202Eexe", "gpj.exe"],
    ["", "attachment"],
    ["..", "attachment"],
    ["folder/", "attachment"],
  ])("%j is %j", (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
  })

  it("is cut to 200 octets and keeps its ending", () => {
    const name = safeFileName(`${"ü".repeat(300)}.pdf`)
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
    expect(Buffer.byteLength(name)).toBeGreaterThan(190)
    expect(name.endsWith("ü.pdf")).toBe(true)
  })

  it("makes a content key of plain characters, whatever the name", () => {
    const key = attachmentKey("inbound/ada/2026-01-01/in_1/event.json", { index: 2, filename: "../ü b.pdf" })
    expect(key).toBe("inbound/ada/2026-01-01/in_1/attachments/2-..-b.pdf")
  })
})

import { classifyReply, type ReplyContext, rowFor } from "@postrider/core/outbound/classify-reply"
import { replyTable } from "@postrider/core/outbound/reply-table"
import type { FaultClass, MailFault } from "@postrider/core/ports/mail-fault"
import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import { describe, expect, it } from "vitest"

const mailFrom = "ann@acme.test"
const context: ReplyContext = { stage: "rcpt", mailFrom, fault: null }

function reply(text: string): SmtpReply {
  const [, code, enhancedCode] = /^(\d{3})(?: (\d\.\d+\.\d+))?/.exec(text) ?? []
  return { code: Number(code), enhancedCode: enhancedCode ?? null, response: text }
}

/** For each row what a server said, seen in the wild or in its documentation, and what comes of it. */
const rows: Record<string, [text: string, outcome: "deferred" | "rejected", marks: string][]> = {
  "too many recipients, 452 4.5.3": [["452 4.5.3 Error: too many", "deferred", "split"]],
  "too many recipients, by text": [["451 4.7.1 Too many recipients received this hour", "deferred", "split"]],
  "too many recipients, 552 (RFC 5321 section 4.5.3.1.10)": [["552 Too many recipients", "deferred", "split"]],
  "bad sequence": [["503 5.5.1 Bad sequence of commands", "deferred", ""]],
  "concurrent connections": [["432 4.3.2 Concurrent connections limit exceeded", "deferred", ""]],
  "Gmail quota": [["550 5.4.5 Daily user sending limit exceeded. For more information", "deferred", "route quota"]],
  "Microsoft quota": [
    ["550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit", "deferred", "route quota"],
    ["550 5.7.705 Access denied, tenant has exceeded threshold", "deferred", "route quota"],
  ],
  "iCloud quota": [["550 5.7.1 You have exceeded your daily sending limit", "deferred", "route quota"]],
  blocklist: [
    ["554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "rejected", "route"],
  ],
  "blocklist for now": [["421 4.7.1 Client host [192.0.2.1] blocked using bl.spamcop.net", "deferred", "route"]],
  "login required": [["530 5.7.0 Authentication Required", "rejected", "route"]],
  "login refused": [["535 5.7.8 Username and Password not accepted", "rejected", "route"]],
  "send as": [["550 5.7.60 SMTP; Client does not have permissions to send as this sender", "rejected", "route"]],
  "bad sender": [
    ["553 5.1.7 The sender is invalid", "rejected", "route"],
    ["550 5.1.8 Access denied, bad outbound sender", "rejected", "route"],
  ],
  SendAsDenied: [
    ["554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied", "rejected", "route"],
  ],
  "sender, relay or authentication": [
    ["553 5.7.1 <ann@acme.test>: Sender address rejected: not owned by user bob", "rejected", "route"],
    ["554 5.7.1 <bob@x.test>: Relay access denied", "rejected", "route"],
    ["550 5.7.1 not for ANN@acme.test", "rejected", "route"],
  ],
  "relaying, without enhanced code": [["550 relay not permitted", "rejected", "route"]],
  "relaying, for now": [["454 4.7.1 <bob@x.test>: Relay access denied", "deferred", "route"]],
  "no such mailbox": [
    ["550 5.1.1 <x@x.test>: Recipient address rejected: User unknown", "rejected", "suppress"],
    ["550 5.1.6 moved", "rejected", "suppress"],
    ["550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "rejected", "suppress"],
  ],
  "no such domain": [["550 5.1.2 Host unknown", "rejected", "suppress"]],
  "bad address": [["501 5.1.3 Bad recipient address syntax", "rejected", "suppress"]],
  "mailbox disabled": [["550 5.2.1 The email account that you tried to reach is disabled", "rejected", "suppress"]],
  "mailbox full": [["552 5.2.2 The email account that you tried to reach is over quota", "rejected", ""]],
  "mailbox full for now": [["452 4.2.2 mailbox full", "deferred", ""]],
  "too large": [
    ["552 5.3.4 Message size exceeds fixed limit", "rejected", ""],
    ["552 5.2.3 length", "rejected", ""],
  ],
  "too large, by text": [["552 Message size exceeds maximum permitted", "rejected", ""]],
  "no space, without enhanced code": [
    ["552 Requested mail action aborted: exceeded storage allocation", "rejected", ""],
  ],
  virus: [["554 5.7.1 Virus found: Eicar", "rejected", ""]],
  spam: [["554 5.7.1 This looks like SPAM", "rejected", ""]],
  "authentication of the mail": [["550 5.7.26 This mail has been blocked because it is unauthorized", "rejected", ""]],
  policy: [["554 5.7.9 Message not accepted for policy reasons", "rejected", ""]],
  content: [["554 5.6.0 Corrupt message content", "rejected", ""]],
  "content refused, 554 5.5.x as Exim and qmail say it": [["554 5.5.0 no", "rejected", ""]],
  greylisting: [
    ["451 4.7.1 Greylisted, see http://x.test", "deferred", ""],
    ["450 gray listing", "deferred", ""],
  ],
  rate: [["450 4.2.1 The user you are trying to contact is receiving mail at a rate that", "deferred", ""]],
  "unknown sender for now": [["451 4.7.1 come back", "deferred", ""]],
  "rate, Gmail": [["421 4.7.28 Our system has detected an unusual amount", "deferred", ""]],
  "policy for now": [["451 4.7.24 SPF", "deferred", ""]],
  "mailbox unavailable for now": [["450 4.2.1 not now", "deferred", ""]],
  "unknown user for now": [["450 4.1.1 unverified", "deferred", ""]],
  "routing for now": [["451 4.4.1 Name server timeout", "deferred", ""]],
  "server closing": [["421 mx.x.test closing", "deferred", ""]],
  "server trouble": [["451 4.3.0 queue file write error", "deferred", ""]],
  "server trouble, without enhanced code": [["451 Requested action aborted: local error", "deferred", ""]],
  "server trouble for good": [["554 5.3.0 other mail system status", "rejected", ""]],
  routing: [
    ["554 5.4.6 too many hops", "rejected", ""],
    ["550 5.4.5 routing loop", "rejected", ""],
  ],
  "no mail here (RFC 7504)": [
    ["521 no mail", "rejected", ""],
    ["556 no mail there", "rejected", ""],
  ],
  address: [["550 5.1.0 Address rejected", "rejected", ""]],
  "unknown user, by text": [
    ["550 No such user here", "rejected", ""],
    ["550 Requested action not taken: mailbox unavailable", "rejected", ""],
  ],
  "mailbox name": [["553 sorry", "rejected", ""]],
  "syntax or command": [["500 what?", "rejected", ""]],
  "other, for now": [["459 odd", "deferred", ""]],
  "other, for good": [
    ["524 5.2.4 Mailing list expansion problem", "rejected", ""],
    ["550 no", "rejected", ""],
  ],
}

describe("what a reply means", () => {
  it("every row of the table has an example here", () => {
    expect(Object.keys(rows).sort()).toEqual(replyTable.map(({ name }) => name).sort())
  })

  for (const [name, examples] of Object.entries(rows)) {
    for (const [text, outcome, marks] of examples) {
      it(`"${text}" is ${name}: ${outcome} ${marks} (I3 to I6)`, () => {
        expect(rowFor(reply(text), mailFrom)?.name).toBe(name)
        const found = classifyReply(reply(text), context)
        expect(found.outcome).toBe(outcome)
        expect({
          split: found.splitRest,
          route: found.routeProblem,
          quota: found.quota,
          suppress: found.suppress,
        }).toEqual({
          split: marks.includes("split"),
          route: marks.includes("route"),
          quota: marks.includes("quota"),
          suppress: marks.includes("suppress"),
        })
      })
    }
  }

  it("nobody is suppressed by an answer that was not to RCPT of that recipient (I5)", () => {
    const gone = reply("550 5.1.1 unknown")
    expect(classifyReply(gone, { ...context, stage: "dot" }).suppress).toBe(false)
    expect(classifyReply(gone, { ...context, stage: "dot", atRcpt: true }).suppress).toBe(true)
    expect(classifyReply(gone, { ...context, stage: "rcpt", atRcpt: false }).suppress).toBe(false)
  })

  it("a bare 550 or 553 suppresses nobody, whatever it says (I5)", () => {
    for (const text of ["550 unknown user", "550 no", "553 no such mailbox"]) {
      expect(classifyReply(reply(text), context)).toMatchObject({ outcome: "rejected", suppress: false })
    }
  })

  it("the null sender is quoted by nothing", () => {
    expect(classifyReply(reply("550 5.7.1 blocked"), { ...context, mailFrom: "" }).category).toBe("policy")
  })

  it("every code from 400 to 599 is decided by its first digit at least, and a spoken reply never has the category connection (I6)", () => {
    for (let code = 400; code < 600; code++) {
      const found = classifyReply({ code, enhancedCode: null, response: String(code) }, context)
      const transient = code < 500 || code === 503
      expect([code, found.outcome]).toEqual([code, transient ? "deferred" : "rejected"])
      expect(found.category).not.toBe("connection")
    }
  })

  it("codes outside 4xx and 5xx are never final", () => {
    for (const code of [0, 199, 250, 354, 600, 999]) {
      expect(classifyReply({ code, enhancedCode: null, response: "" }, context).outcome).toBe("deferred")
    }
  })
})

describe("without a reply", () => {
  const fault = (changes: Partial<MailFault>): MailFault => ({
    class: "connect",
    stage: "connect",
    code: null,
    enhancedCode: null,
    response: null,
    fix: null,
    misconfigured: false,
    ...changes,
  })

  it.each([
    ["auth", "credentials", true],
    ["oauth", "credentials", true],
    ["dns", "connection", false],
    ["connect", "connection", false],
    ["tls", "tls", false],
    ["timeout", "connection", false],
    ["throttled", "rate_limited", false],
    ["too_many_connections", "rate_limited", false],
    ["protocol", "server_error", false],
    ["address_not_allowed", "connection", true],
  ] as [FaultClass, string, boolean][])(
    "a fault of class %s is transient, category %s",
    (name, category, routeProblem) => {
      const found = classifyReply(null, { ...context, fault: fault({ class: name, fix: "do this" }) })
      expect(found).toMatchObject({ outcome: "deferred", category, routeProblem, advice: "do this", suppress: false })
    },
  )

  it("a fault of the settings is the route's", () => {
    const found = classifyReply(null, { ...context, fault: fault({ class: "tls", misconfigured: true }) })
    expect(found).toMatchObject({ outcome: "deferred", routeProblem: true })
  })

  it("silence alone is transient", () => {
    expect(classifyReply(null, context)).toMatchObject({
      outcome: "deferred",
      category: "connection",
      routeProblem: false,
    })
  })

  it.each([
    ["size", "too_large"],
    ["smtputf8", "smtputf8_unsupported"],
    ["8bitmime", "eight_bit_unsupported"],
  ] as const)("a missing %s is final for this route, and only for it (H2)", (unsupported, category) => {
    const found = classifyReply(null, { ...context, unsupported })
    expect(found).toMatchObject({ outcome: "rejected", category, routeProblem: true, suppress: false })
  })
})

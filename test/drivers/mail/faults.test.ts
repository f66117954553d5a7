import { cleanResponse } from "@postrider/mail/fault/clean-response"
import { faultError } from "@postrider/mail/fault/fault-error"
import { newFault } from "@postrider/mail/fault/new-fault"
import { socketFault } from "@postrider/mail/fault/socket-fault"
import { isTlsError } from "@postrider/mail/fault/tls-fault"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const coded = (code: string) => Object.assign(new Error("x"), { code })
const server = { host: "mail.example", port: 995, security: "tls" } as const

describe("a server's words (mail-rules N3)", () => {
  it("never exceed 512 octets and hold no control, override or half character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1200 }), (text) => {
        const clean = cleanResponse(text)
        if (clean === null) return
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(512)
        expect(clean.isWellFormed()).toBe(true)
        expect(clean).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
      }),
      { numRuns: 500 },
    )
  })

  it("are cut between characters, and lines are joined", () => {
    expect(cleanResponse("😀".repeat(200))).toBe("😀".repeat(128))
    expect(cleanResponse("a\r\n\tb\0c\x1b[0m")).toBe("a bc[0m")
    expect(cleanResponse(Buffer.from("caf\xe9", "latin1"))).toBe("caf\ufffd")
    expect([cleanResponse("\r\n"), cleanResponse(null), cleanResponse(undefined)]).toEqual([null, null, null])
  })
})

describe("socket errors", () => {
  it.each([
    ["ENOTFOUND", "dns", true],
    ["EAI_AGAIN", "dns", false],
    ["ECONNREFUSED", "connect", false],
    ["ECONNRESET", "connect", false],
    ["EHOSTUNREACH", "connect", false],
    ["ETIMEDOUT", "timeout", false],
    ["CERT_HAS_EXPIRED", "tls", true],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls", true],
    ["ERR_SSL_SOMETHING_NEW", "tls", false],
    ["ESOMETHING", "connect", false],
  ])("%s is class %s, settings at fault: %s (mail-rules F5)", (code, expected, misconfigured) => {
    expect(socketFault(coded(code), "connect", server)).toMatchObject({ class: expected, code, misconfigured })
  })

  it("are found behind causes and in the errors of several addresses", () => {
    const inner = coded("ECONNREFUSED")
    expect(socketFault(new Error("outer", { cause: inner }), "connect").code).toBe("ECONNREFUSED")
    expect(socketFault(new AggregateError([new Error("x"), inner]), "connect").code).toBe("ECONNREFUSED")
    expect(isTlsError(new Error("outer", { cause: coded("DEPTH_ZERO_SELF_SIGNED_CERT") }))).toBe(true)
  })

  it("become RelayErrors that carry the fault, its fix and the cause", () => {
    const cause = coded("ECONNREFUSED")
    const error = faultError(socketFault(cause, "connect", server), cause)
    expect(error).toMatchObject({ code: "provider/unavailable", cause })
    expect(error.options.fix).toBe("nothing answers on mail.example:995; check host and port")
    expect(faultError(newFault("auth", "auth")).code).toBe("provider/auth_failed")
  })
})

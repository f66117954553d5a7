import { parseAddress, toAsciiDomain } from "@postrider/core/outbound/address"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const parsed = (text: string): unknown => {
  const result = parseAddress(text)
  return result.ok ? [result.address.name, result.address.address, result.smtpUtf8] : "refused"
}

describe("an address (G2)", () => {
  it.each([
    ["a@x.test", [null, "a@x.test", false]],
    ["  a@x.test\t", [null, "a@x.test", false]],
    ["<a@x.test>", [null, "a@x.test", false]],
    ["Ann Lee <a@x.test>", ["Ann Lee", "a@x.test", false]],
    ["Ann Q. Lee<a@x.test>", ["Ann Q. Lee", "a@x.test", false]],
    ['"Lee, Ann (x) <y@z>" <a@x.test>', ["Lee, Ann (x) <y@z>", "a@x.test", false]],
    ['"say \\"hi\\" \\\\" <a@x.test>', ['say "hi" \\', "a@x.test", false]],
    ['"" <a@x.test>', [null, "a@x.test", false]],
    ["Zoë <a@x.test>", ["Zoë", "a@x.test", false]],
    ["O'Neil+tag!#$%&*/=?^_`{|}~@x.test", [null, "O'Neil+tag!#$%&*/=?^_`{|}~@x.test", false]],
    ["a.b.c@X.TEST", [null, "a.b.c@x.test", false]],
    ["a@bücher.example", [null, "a@xn--bcher-kva.example", false]],
    ["a@BÜCHER。example", [null, "a@xn--bcher-kva.example", false]],
    ["jürgen@bücher.example", [null, "jürgen@xn--bcher-kva.example", true]],
    ["用户@例え.jp", [null, "用户@xn--r8jz45g.jp", true]],
    ["a@localhost", [null, "a@localhost", false]],
    [`${"a".repeat(64)}@x.test`, [null, `${"a".repeat(64)}@x.test`, false]],
  ])("%j is read", (text, expected) => {
    expect(parsed(text)).toEqual(expected)
  })

  it.each([
    ["nothing", ""],
    ["no @", "ann"],
    ["no local part", "@x.test"],
    ["no domain", "a@"],
    ["two addresses", "a@x.test, b@x.test"],
    ["two addresses without comma", "<a@x.test> <b@x.test>"],
    ["address behind a name without brackets", "Ann a@x.test"],
    ["text behind the brackets", "<a@x.test> Ann"],
    ["open bracket", "<a@x.test"],
    ["comment", "a(c)@x.test"],
    ["comment in the domain", "a@x.test(c)"],
    ["group", "friends: a@x.test;"],
    ["route", "<@y.test:a@x.test>"],
    ["quoted local part", '"a b"@x.test'],
    ["two @", "a@evil.test@x.test"],
    ["leading dot", ".a@x.test"],
    ["trailing dot in the local part", "a.@x.test"],
    ["double dot", "a..b@x.test"],
    ["space in the local part", "a b@x.test"],
    ["address literal", "a@[192.0.2.1]"],
    ["address of digits", "a@192.0.2.1"],
    ["address in hex", "a@0x7f000001"],
    ["address in full-width digits", "a@１２７.0.0.1"],
    ["port", "a@x.test:25"],
    ["path", "a@x.test/y"],
    ["query", "a@x.test?y"],
    ["percent", "a@%78.test"],
    ["full-width percent", "a@％78.test"],
    ["compatibility character that maps to a slash", "a@x.test℀y"],
    ["user part of a URL", "a@b:c@x.test"],
    ["underscore in the domain", "a@x_y.test"],
    ["hyphen at the end of a label", "a@x-.test"],
    ["trailing dot in the domain", "a@x.test."],
    ["empty label", "a@x..test"],
    ["broken A-label", "a@xn--\u00fc.test"],
    ["long local part", `${"a".repeat(65)}@x.test`],
    ["local part of 66 octets", `${"ü".repeat(33)}@x.test`],
    ["long label", `a@${"x".repeat(64)}.test`],
    ["long path", `${"a".repeat(64)}@${`${"x".repeat(60)}.`.repeat(4)}test`],
    ["CR LF", "a@x.test\r\nBcc: b@x.test"],
    ["LF in the name", "A\nB <a@x.test>"],
    ["NUL", "a\u0000@x.test"],
    ["DEL", "a\u007f@x.test"],
    ["lone surrogate", "\ud800 <a@x.test>"],
    ["bidirectional override", "\u202eA <a@x.test>"],
    ["non-breaking space", "a\u00a0b@x.test"],
    ["full-width @", "a＠x.test"],
    ["raw encoded word", "=?utf-8?q?Ann?= <a@x.test>"],
    ["unquoted special in the name", "Lee, Ann <a@x.test>"],
    ["open quote", '"Ann <a@x.test>'],
    ["text beyond 998", `${"n".repeat(1000)} <a@x.test>`],
  ])("with %s is refused", (_what, text) => {
    expect(parsed(text)).toBe("refused")
  })

  it("never lets a character through that could end a command or a header, whatever comes in", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 40 }),
          fc.string({ unit: fc.constantFrom(...'<>@.,:;"()[]\\ aü\r\n'), maxLength: 20 }),
        ),
        fc.constantFrom("@x.test", "", "<a@x.test>", "@"),
        (text, end) => {
          const result = parseAddress(text + end)
          if (!result.ok) return
          expect(result.address.address).toMatch(/^[^\s"(),:;<>@[\]\\\p{Cc}]+@[a-z0-9.-]+$/u)
          expect(result.address.name ?? "").not.toMatch(/\p{Cc}/u)
          expect(parseAddress(result.address.address)).toEqual({
            ...result,
            address: { ...result.address, name: null },
          })
        },
      ),
      { numRuns: 500 },
    )
  })

  it("answers in linear time, also to a megabyte", () => {
    const started = performance.now()
    for (const text of ["(".repeat(1e6), "a.".repeat(5e5), '"\\'.repeat(5e5), "<".repeat(1e6)])
      expect(parsed(text)).toBe("refused")
    for (const text of [`${"a.".repeat(490)}@x`, `"${"\\a".repeat(490)} <a@x>`]) expect(parsed(text)).toBe("refused")
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe("a domain", () => {
  it.each([
    ["BÜCHER.example", "xn--bcher-kva.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["a.1.test", "a.1.test"],
    ["x.123", null],
    ["x test", null],
    ["", null],
  ])("%j is %j in A-labels", (domain, expected) => {
    expect(toAsciiDomain(domain)).toBe(expected)
  })
})

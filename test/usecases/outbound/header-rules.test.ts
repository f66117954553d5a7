import { checkHeaderName, checkHeaderValue, isMessageId } from "@postrider/core/outbound/header-rules"
import { describe, expect, it } from "vitest"

const code = (check: ReturnType<typeof checkHeaderName>): string => (check.ok ? "ok" : check.code)

describe("a header name (G5)", () => {
  it.each(["X-Thing", "List-Unsubscribe", "In-Reply-To", "References", "Auto-Submitted", "Precedence", "Importance"])(
    "%s may be set",
    (name) => {
      expect(code(checkHeaderName(name))).toBe("ok")
    },
  )

  it.each([
    ...["Bcc", "Return-Path", "Received", "Date", "Sender", "MIME-Version", "Content-Type", "Content-X", "Resent-To"],
    ...[
      "DKIM-Signature",
      "ARC-Seal",
      "Authentication-Results",
      "Delivered-To",
      "X-Postrider-Id",
      "x-postrider-anything",
    ],
    ...["From", "To", "cc", "REPLY-TO", "Subject", "Message-ID"],
  ])("%s may not", (name) => {
    expect(code(checkHeaderName(name))).toBe("reserved_header")
  })

  it.each([
    ["", "invalid_format"],
    ["X Y", "invalid_format"],
    ["X:", "invalid_format"],
    ["X\r\nBcc", "invalid_format"],
    ["Ü", "invalid_format"],
    ["x".repeat(101), "too_long"],
  ])("%j is none: %s", (name, expected) => {
    expect(code(checkHeaderName(name))).toBe(expected)
  })
})

describe("a header value (G1)", () => {
  it.each(["", "plain", "tab\there", "ünï 🎉"])("%j may stand", (value) => {
    expect(code(checkHeaderValue(value))).toBe("ok")
  })

  it.each(["a\rb", "a\nb", "a\u0000", "\u0007", "\u001f", "\u007f", "\ud800", "x\udc00y"])("%j may not", (value) => {
    expect(code(checkHeaderValue(value))).toBe("control_character")
  })

  it("has at most 16,384 characters", () => {
    expect([code(checkHeaderValue("x".repeat(16_384))), code(checkHeaderValue("x".repeat(16_385)))]).toEqual([
      "ok",
      "too_long",
    ])
  })
})

describe("a message id (G5, RFC 5322 section 3.6.4)", () => {
  it.each([
    ["<a@b>", true],
    ["<a.b+c@d.test>", true],
    ["<a@[127.0.0.1]>", true],
    ["a@b", false],
    ["<a>", false],
    ["<a b@c>", false],
    ["<a@b> <c@d>", false],
    ["<a@b>\r\nX: y", false],
    [`<${"a".repeat(250)}@b>`, false],
  ])("%j: %s", (text, expected) => {
    expect(isMessageId(text)).toBe(expected)
  })
})

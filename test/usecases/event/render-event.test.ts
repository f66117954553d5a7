import type { EventRecord } from "@postrider/core/event/event"
import { byteLength, maxBodyBytes, renderEvent } from "@postrider/core/event/render-event"
import fc from "fast-check"
import { describe, expect, test } from "vitest"

const event: EventRecord = {
  id: "evt_1",
  type: "message.received",
  account: "acme",
  tenant: null,
  test: false,
  sequence: "7",
  timestamp: "2026-01-01T00:00:00.000Z",
}
const mail = {
  id: "in_1",
  subject: "Hello",
  text: "text",
  text_reply: "reply",
  html: "<p>html</p>",
  headers: [["Subject", "Hello"]],
}

describe("the forms of a body", () => {
  test("metadata has no text, html or headers", () => {
    expect(renderEvent(event, mail, "metadata")).toMatchObject({
      data: { id: "in_1", subject: "Hello" },
      truncated: [],
    })
    expect(Object.keys(renderEvent(event, mail, "metadata").data as object)).toEqual(["id", "subject"])
  })

  test("compact adds the texts", () => {
    expect(renderEvent(event, mail, "compact").data).toEqual({
      id: "in_1",
      subject: "Hello",
      text: "text",
      text_reply: "reply",
    })
  })

  test("full has everything", () => {
    expect(renderEvent(event, mail, "full").data).toEqual(mail)
  })

  test("compact cuts each text at 16 KB between two characters and tells its full size", () => {
    const text = `${"x".repeat(16 * 1024 - 1)}é${"y".repeat(100)}`
    const { data, truncated } = renderEvent(event, { ...mail, text }, "compact")
    expect((data as typeof mail).text).toBe("x".repeat(16 * 1024 - 1))
    expect(truncated).toEqual([{ pointer: "/data/text", bytes: 16 * 1024 + 101 }])
  })

  test("full over 256 KB loses its html first and names it", () => {
    const { data, truncated } = renderEvent(event, { ...mail, html: "h".repeat(300_000) }, "full")
    expect(data).toEqual({ ...mail, html: null })
    expect(truncated).toEqual([{ pointer: "/data/html", bytes: 300_000 }])
  })

  test("whatever an event holds, no form is larger than its limit and the id stays", () => {
    const field = fc.oneof(
      fc.integer({ min: 0, max: 400_000 }).map((length) => 'é\u0000"x'.repeat(length / 4)),
      fc.array(fc.constant(["X-Name", "v".repeat(500)]), { maxLength: 900 }),
      fc.constant(null),
    )
    const names = ["text", "text_reply", "html", "headers", "to", "references", "odd/na~me"]
    const data = fc
      .tuple(...names.map(() => field))
      .map((values) => Object.fromEntries([["id", "in_1"], ...names.map((name, n) => [name, values[n]])]))
    fc.assert(
      fc.property(data, fc.constantFrom("metadata", "compact", "full"), (value, form) => {
        const shown = renderEvent(event, value, form)
        expect(byteLength(JSON.stringify(shown))).toBeLessThanOrEqual(maxBodyBytes[form])
        expect(shown.data).toMatchObject({ id: "in_1" })
        const pointers = shown.truncated.map(({ pointer }) => pointer)
        expect(new Set(pointers).size).toBe(pointers.length)
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  test("rendering is a pure function and leaves its input alone", () => {
    const large = { ...mail, html: "h".repeat(300_000) }
    expect(renderEvent(event, large, "full")).toEqual(renderEvent(event, large, "full"))
    expect(large.html).toHaveLength(300_000)
  })
})

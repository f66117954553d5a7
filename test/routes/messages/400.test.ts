import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

const mail = { account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works." }
const attachment = (change: Record<string, unknown>) => ({
  attachments: [{ filename: "a", content: "aGk=", ...change }],
})

describe("a message that cannot be is refused, by pointer, and nothing is stored", () => {
  const cases: [what: string, change: Record<string, unknown>, pointer: string, code: string][] = [
    ["an unknown field", { sbject: "x" }, "/sbject", "unknown_field"],
    ["a read-only field", { status: "queued" }, "/status", "read_only"],
    ["no recipient", { to: [] }, "/to", "required"],
    ["G2: an address without @", { to: ["bob@demo.test", "bob"] }, "/to/1", "invalid_address"],
    ["G2: two addresses in one text", { to: "a@demo.test, b@demo.test" }, "/to", "invalid_address"],
    ["G2: a group", { cc: ["friends: a@demo.test;"] }, "/cc/0", "invalid_address"],
    ["G1: a line break in the subject", { subject: "a\r\nBcc: eve@demo.test" }, "/subject", "control_character"],
    ["G1: NUL in the subject", { subject: "a\u0000b" }, "/subject", "control_character"],
    ["G1: half a character in the subject", { subject: "a\ud800b" }, "/subject", "control_character"],
    ["G1: a line break in a name", { to: { name: "a\nb", address: "a@demo.test" } }, "/to", "invalid_address"],
    ["G1: a line break in a header", { headers: { "X-A": "1\r\nX-B: 2" } }, "/headers/X-A", "control_character"],
    [
      "G1: a line break in a file name",
      attachment({ filename: "a\r\nb" }),
      "/attachments/0/filename",
      "control_character",
    ],
    [
      "G1: a line break in a content type",
      attachment({ content_type: "a/b\r\nX: y" }),
      "/attachments/0/content_type",
      "control_character",
    ],
    ["G5: a header that is ours", { headers: { Received: "x" } }, "/headers/Received", "reserved_header"],
    ["G5: any X-Postrider header", { headers: [["x-postrider-id", "x"]] }, "/headers/0/0", "reserved_header"],
    ["G5: a header with its own field", { headers: { Subject: "x" } }, "/headers/Subject", "reserved_header"],
    ["G5: a Message-ID without brackets", { message_id: "a@demo.test" }, "/message_id", "invalid_format"],
    ["base64 without padding", attachment({ content: "aGk" }), "/attachments/0/content", "invalid_base64"],
    ["base64 with line breaks", attachment({ content: "aGk=\naGk=" }), "/attachments/0/content", "invalid_base64"],
    ["base64url", attachment({ content: "-_-_" }), "/attachments/0/content", "invalid_base64"],
    ["base64 that is not canonical", attachment({ content: "aGl=" }), "/attachments/0/content", "invalid_base64"],
    ["no content", { attachments: [{ filename: "a" }] }, "/attachments/0/content", "required"],
    [
      "a multipart attachment",
      attachment({ content_type: "multipart/mixed" }),
      "/attachments/0/content_type",
      "invalid_format",
    ],
    [
      "G7: a content type that no header can hold",
      attachment({ content_type: `text/${"a".repeat(128)}` }),
      "/attachments/0/content_type",
      "invalid_format",
    ],
    [
      "G7: a parameter of a content type that no header can hold",
      attachment({ content_type: `text/plain; ${"a".repeat(1000)}=b` }),
      "/attachments/0/content_type",
      "invalid_format",
    ],
    ["a content id with brackets", attachment({ content_id: "<a@b>" }), "/attachments/0/content_id", "invalid_format"],
    [
      "more than 100 attachments",
      { attachments: Array.from({ length: 101 }, () => ({ content: "" })) },
      "/attachments",
      "too_many",
    ],
    ["more than 10 tags", { tags: Array.from({ length: 11 }, (_, at) => `t${at}`) }, "/tags", "too_many"],
    ["a tag with a space", { tags: ["a b"] }, "/tags/0", "invalid_format"],
    [
      "metadata of more than 50 pairs",
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, ""])) },
      "/metadata",
      "too_many",
    ],
    ["an expiry in the past", { expires_at: "2025-12-31T00:00:00Z" }, "/expires_at", "out_of_range"],
    ["another delivery", { delivery: "exactly_once" }, "/delivery", "not_in_list"],
  ]
  for (const [what, change, pointer, code] of cases) {
    it(what, async () => {
      const app = createTestApp()
      await app.request("PUT", "/v1/accounts/ada", { json: ada })
      const answer = await app.request("POST", "/v1/messages", { json: { ...mail, ...change } })
      expect(answer.status).toBe(400)
      expect(answer.body.errors[0]).toMatchObject({ pointer, code })
      expect((await app.request("GET", "/v1/messages")).body.data).toEqual([])
    })
  }
})

describe("lists", () => {
  it("unknown parameters and values are refused, metadata[k] is none", async () => {
    const { request } = createTestApp()
    for (const [query, parameter] of [
      ["colour=red", "colour"],
      ["status=lost", "status"],
      ["since=yesterday", "since"],
      ["metadata=x", "metadata"],
    ]) {
      const answer = await request("GET", `/v1/messages?${query}`)
      expect([query, answer.status, answer.body.errors?.[0]?.parameter]).toEqual([query, 400, parameter])
    }
    expect((await request("GET", "/v1/messages?metadata[k]=v")).status).toBe(200)
  })

  it("a wait over 20 seconds is refused", async () => {
    expect((await createTestApp().request("GET", "/v1/messages/out_x?wait=21")).body.code).toBe("invalid_request")
  })
})

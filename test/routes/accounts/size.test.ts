import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

const certificate = (size: number) => `-----BEGIN CERTIFICATE-----\n`.padEnd(size, "A")
const route = (name: string, size: number) => ({ ...ada.smtp, name, tls: { ca: certificate(size) } })
const many = (count: number, size: number) => Array.from({ length: count }, (_, at) => `${at}-`.padEnd(size, "é"))

describe("an account that would be too large to be stored is 400 too_long, naming what takes the room", () => {
  const cases: [what: string, change: Record<string, unknown>, pointer: string][] = [
    ["two certificates", { smtp: [route("one", 50_000), route("two", 60_000)] }, "/smtp/1/tls/ca"],
    [
      "an intake's",
      { smtp: route("one", 50_000), imap: { ...ada.imap, tls: { ca: certificate(60_000) } } },
      "/imap/tls/ca",
    ],
    ["mailboxes", { imap: { ...ada.imap, mailboxes: many(100, 900) } }, "/imap/mailboxes"],
    ["metadata", { metadata: Object.fromEntries(many(50, 40).map((name) => [name, "字".repeat(500)])) }, "/metadata"],
  ]
  for (const [what, change, pointer] of cases) {
    it(what, async () => {
      const { request } = createTestApp()
      await request("PUT", "/v1/accounts/ada", { json: ada })
      const json = { ...ada, ...change }
      for (const [method, path, body] of [
        ["POST", "/v1/accounts", { ...json, id: "bob" }],
        ["PUT", "/v1/accounts/ada", json],
        ["PATCH", "/v1/accounts/ada", change],
      ] as const) {
        const answer = await request(method, path, { json: body })
        expect([method, answer.status, answer.body.code]).toEqual([method, 400, "invalid_request"])
        expect(answer.body.errors).toMatchObject([{ pointer, code: "too_long" }])
      }
      expect((await request("GET", "/v1/accounts/bob")).status).toBe(404)
    })
  }

  it("one certificate chain of 60 KB fits, and so does all that its servers may answer", async () => {
    const { request, ports } = createTestApp()
    const smtp = [...Array.from({ length: 19 }, (_, at) => ({ ...ada.smtp, name: `r${at}` })), route("last", 60_000)]
    expect((await request("PUT", "/v1/accounts/ada", { json: { ...ada, smtp } })).status).toBe(201)
    const stored = await ports.records.get<Record<string, unknown>>("acc#ada")
    if (stored === undefined) throw new Error("the account was not stored")
    const last_error = {
      part: "smtp:r1",
      class: "too_many_connections",
      code: "x".repeat(20),
      response: "r".repeat(512),
    }
    const failed = { state: "auth_failed", paused: false, last_error, consecutive_failures: 1000, retryAt: 1e15 }
    const status = Object.fromEntries(["imap", ...smtp.map(({ name }) => `smtp:${name}`)].map((part) => [part, failed]))
    await ports.records.put({ ...stored, body: { ...stored.body, status } })
  })
})

import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

const mail = { account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works." }

describe("what nothing acts on yet is refused by name, never ignored", () => {
  const used: Record<string, unknown> = {
    template: { id: "welcome", data: {} },
    reference: { message: "in_x", action: "reply" },
    scheduled_at: "2026-01-02T00:00:00Z",
    window: { days: ["mon"] },
    calendar: { method: "REQUEST", content: "" },
    unsubscribe: { hosted: true },
    dsn: { notify: ["failure"] },
    raw: "aGk=",
    sent_copy: "always",
    allow_loop: true,
    ignore_suppressions: true,
  }
  for (const [name, value] of Object.entries(used)) {
    it(name, async () => {
      const app = createTestApp()
      await app.request("PUT", "/v1/accounts/ada", { json: ada })
      const answer = await app.request("POST", "/v1/messages", { json: { ...mail, [name]: value } })
      expect([answer.status, answer.body.code]).toEqual([422, "unsupported"])
      expect(answer.body.errors).toMatchObject([{ pointer: `/${name}`, code: "unsupported" }])
    })
  }

  it("attachments by upload or from another message", async () => {
    const { request } = createTestApp()
    const json = {
      ...mail,
      attachments: [
        { filename: "a", upload: "upl_x" },
        { message: "in_x", index: 0 },
      ],
    }
    const answer = await request("POST", "/v1/messages", { json })
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      "/attachments/0/upload",
      "/attachments/1/message",
    ])
  })
})

describe("what does not fit what is stored", () => {
  const cases: [what: string, change: Record<string, unknown>, code: string][] = [
    ["an account that does not exist", { account: "nobody" }, "unknown_account"],
    ["a route that does not exist", { route: "backup" }, "unknown_route"],
    ["G3: From of another domain", { from: "ada@elsewhere.test" }, "from_not_allowed"],
  ]
  for (const [what, change, code] of cases) {
    it(what, async () => {
      const app = createTestApp()
      await app.request("PUT", "/v1/accounts/ada", { json: ada })
      const answer = await app.request("POST", "/v1/messages", { json: { ...mail, ...change } })
      expect([answer.status, answer.body.code]).toEqual([422, code])
    })
  }
})

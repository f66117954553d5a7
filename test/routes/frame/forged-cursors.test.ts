import { describe, expect, it } from "vitest"
import type { TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"
import { createHookApp, hook } from "../endpoints/hooks.ts"

const lists = [
  "/v1/messages",
  "/v1/messages?account=ada",
  "/v1/accounts",
  "/v1/accounts?tenant=acme",
  "/v1/keys",
  "/v1/endpoints",
  "/v1/events",
]
const forged = [
  "",
  "x",
  "{}",
  "[]",
  "null",
  "[null]",
  "5",
  '["2026-99-99",""]',
  '["2026-02-31",""]',
  '["2026-01-01",5]',
  '[null,"\\ud800"]',
  `[null,"${"9".repeat(1200)}"]`,
  "2026-99-99T00:00:00.000Z",
  "2026-01-01T00:00:00.000Z#\ud800",
]

async function filled(): Promise<TestApp> {
  const app = createHookApp()
  for (const id of ["ada", "bob"]) {
    await app.request("PUT", `/v1/accounts/${id}`, { json: { ...ada, id, tenant: "acme" } })
    await app.request("POST", "/v1/messages", { json: { account: "ada", to: ada.email, text: "x", test: true } })
    await app.request("PUT", `/v1/endpoints/${id}`, { json: { ...hook, id } })
    await app.request("PUT", `/v1/keys/${id}`, { json: { name: id, scopes: ["*"] } })
  }
  return app
}

describe("a cursor that was forged is 400 invalid_cursor, whatever it says", () => {
  for (const path of lists) {
    it(path, async () => {
      const app = await filled()
      const sign = path.includes("?") ? "&" : "?"
      const test = path.startsWith("/v1/messages") ? "&test=true" : ""
      const first = await app.request("GET", `${path}${sign}limit=1${test}`)
      const cursor: string = first.body.next_cursor
      const [version, hash]: string[] = JSON.parse(Buffer.from(cursor, "base64url").toString())
      for (const next of forged) {
        const made = Buffer.from(JSON.stringify([version, hash, next])).toString("base64url")
        const answer = await app.request("GET", `${path}${sign}limit=1${test}&cursor=${made}`)
        expect([next, answer.status, answer.body.code]).toEqual([next, 400, "invalid_cursor"])
      }
      expect((await app.request("GET", `${path}${sign}limit=1${test}&cursor=${cursor}`)).status).toBe(200)
    })
  }
})

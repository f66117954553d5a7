import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

it("a key whose mail is held does not release it, another key does", async () => {
  const app = createTestApp()
  await app.request("PUT", "/v1/accounts/ada", { json: ada })
  const key = await app.key({ hold: true, scopes: ["messages:send", "messages:manage"] })
  const mail = { account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works." }
  const sent = await app.request("POST", "/v1/messages", { key, json: mail })
  expect(sent.body.status).toBe("held")
  const path = `/v1/messages/${sent.body.id}/release`
  const own = await app.request("POST", path, { key, json: {} })
  expect([own.status, own.body.code]).toEqual([403, "exceeds_own_rights"])
  expect((await app.request("GET", `/v1/messages/${sent.body.id}`)).body.status).toBe("held")
  expect((await app.request("POST", path, { json: {} })).body.status).toBe("queued")
})

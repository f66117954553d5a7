import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"

const mail = { account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works.", test: true }
const sender = { id: "admin", name: "x", scopes: ["messages:send"] }

async function withAccount(): Promise<TestApp> {
  const app = createTestApp()
  await app.request("PUT", "/v1/accounts/ada", { json: { id: "ada", email: "ada@demo.test" } })
  return app
}

async function makeKey(app: TestApp, json: Record<string, unknown>): Promise<string> {
  return (await app.request("POST", "/v1/keys", { json })).body.key
}

describe("a key that is named admin is not the administrator", () => {
  it("it does not see what the administrator sent", async () => {
    const app = await withAccount()
    const sent = await app.request("POST", "/v1/messages", { json: mail })
    const key = await makeKey(app, sender)
    expect((await app.request("GET", `/v1/messages/${sent.body.id}`, { key })).status).toBe(404)
    expect((await app.request("POST", `/v1/messages/${sent.body.id}/cancel`, { key, json: {} })).status).toBe(404)
  })

  it("it does not get the stored answers of the administrator, which show keys", async () => {
    const app = createTestApp()
    const again = { json: { name: "child", scopes: ["keys:manage"] }, headers: { "Idempotency-Key": "k1" } }
    const first = await app.request("POST", "/v1/keys", again)
    const key = await makeKey(app, { ...sender, scopes: ["keys:manage"] })
    const theirs = await app.request("POST", "/v1/keys", { ...again, key })
    expect(theirs.status).toBe(201)
    expect(theirs.body.id).not.toBe(first.body.id)
    expect(theirs.headers.get("idempotent-replayed")).toBe(null)
  })
})

describe("a key that is deleted and made again under its id begins anew", () => {
  it("it does not see what the earlier one sent, while a rotated one does", async () => {
    const app = await withAccount()
    const json = { ...sender, id: "app" }
    const sent = await app.request("POST", "/v1/messages", { key: await makeKey(app, json), json: mail })
    const path = `/v1/messages/${sent.body.id}`
    const rotated = (await app.request("POST", "/v1/keys/app/rotate", { json: {} })).body.key
    expect((await app.request("GET", path, { key: rotated })).status).toBe(200)
    await app.request("DELETE", "/v1/keys/app")
    await app.clock.advance(1)
    const key = await makeKey(app, json)
    expect((await app.request("GET", "/v1/me", { key })).body.id).toBe("app")
    expect((await app.request("GET", path, { key })).status).toBe(404)
  })

  it("it does not get the stored answers of the earlier one", async () => {
    const app = createTestApp()
    const json = { ...sender, id: "app", scopes: ["keys:manage"] }
    const again = { json: { name: "child", scopes: ["keys:manage"] }, headers: { "Idempotency-Key": "k1" } }
    const first = await app.request("POST", "/v1/keys", { ...again, key: await makeKey(app, json) })
    await app.request("DELETE", "/v1/keys/app")
    await app.clock.advance(1)
    const second = await app.request("POST", "/v1/keys", { ...again, key: await makeKey(app, json) })
    expect([second.status, second.body.id === first.body.id]).toEqual([201, false])
  })
})

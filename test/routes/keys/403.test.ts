import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"

const account = (app: TestApp, id: string, tenant: string) =>
  app.request("PUT", `/v1/accounts/${id}`, { json: { email: `${id}@demo.test`, tenant } })

describe("nobody grants more than they have", () => {
  const limits = {
    scopes: ["keys:manage", "messages:send"] as const,
    tenants: ["acme"],
    hold: true,
    allow_recipients: ["*@acme.test"],
    allow_ips: ["127.0.0.1"],
    rate: { per_minute: 60 },
    expires_at: "2026-02-01T00:00:00.000Z",
  }
  const within = {
    name: "child",
    ...limits,
    scopes: ["messages:send"],
    allow_recipients: ["ada@acme.test"],
    rate: { per_minute: 6 },
    expires_at: "2026-01-15T00:00:00.000Z",
  }
  const beyond: [what: string, change: Record<string, unknown>, pointer: string][] = [
    ["a scope", { scopes: ["accounts:read"] }, "/scopes/0"],
    ["every scope", { scopes: ["*"] }, "/scopes/0"],
    ["another tenant", { tenants: ["acme", "other"] }, "/accounts"],
    ["no binding", { tenants: null }, "/accounts"],
    ["an account of another tenant", { tenants: null, accounts: ["other-1"] }, "/accounts"],
    ["an account that does not exist", { tenants: null, accounts: ["nobody"] }, "/accounts"],
    ["sending without release", { hold: false }, "/hold"],
    ["any recipient", { allow_recipients: null }, "/allow_recipients"],
    ["another recipient", { allow_recipients: ["eve@other.test"] }, "/allow_recipients"],
    ["any address", { allow_ips: null }, "/allow_ips"],
    ["another address", { allow_ips: ["10.0.0.1"] }, "/allow_ips"],
    ["a higher rate", { rate: { per_minute: 61 } }, "/rate"],
    ["no rate", { rate: null }, "/rate"],
    ["a longer life", { expires_at: "2026-02-02T00:00:00Z" }, "/expires_at"],
    ["an endless life", { expires_at: null }, "/expires_at"],
  ]

  async function bound(): Promise<{ app: TestApp; mine: string }> {
    const app = createTestApp({}, { clientAddress: () => "127.0.0.1" })
    await account(app, "other-1", "other")
    await account(app, "acme-1", "acme")
    return { app, mine: await app.key({ ...limits, scopes: [...limits.scopes] }) }
  }

  it("within its own rights a bound key makes keys, also for an account of its tenant", async () => {
    const { app, mine } = await bound()
    expect((await app.request("POST", "/v1/keys", { key: mine, json: within })).status).toBe(201)
    const one = { ...within, tenants: null, accounts: ["acme-1"] }
    expect((await app.request("POST", "/v1/keys", { key: mine, json: one })).status).toBe(201)
  })

  for (const [what, change, pointer] of beyond) {
    it(`not ${what}`, async () => {
      const { app, mine } = await bound()
      const answer = await app.request("POST", "/v1/keys", { key: mine, json: { ...within, ...change } })
      expect([answer.status, answer.body.code]).toEqual([403, "exceeds_own_rights"])
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([pointer])
    })
  }

  it("nor by PATCH, PUT or rotate of a key that has more", async () => {
    const { app, mine } = await bound()
    const child = await app.request("POST", "/v1/keys", { key: mine, json: { ...within, id: "child" } })
    expect(child.status).toBe(201)
    const patched = await app.request("PATCH", "/v1/keys/child", { key: mine, json: { hold: null } })
    expect(patched.body.code).toBe("exceeds_own_rights")
    await app.request("PATCH", "/v1/keys/child", { json: { scopes: ["accounts:manage"] } })
    const rotated = await app.request("POST", "/v1/keys/child/rotate", { key: mine, json: {} })
    expect(rotated.body.code).toBe("exceeds_own_rights")
    expect(rotated.text).not.toContain("pr_live_")
  })

  it("a test key makes no keys at all", async () => {
    const app = createTestApp()
    const mine = await app.key({ test: true })
    const answer = await app.request("POST", "/v1/keys", { key: mine, json: { name: "live", scopes: ["*"] } })
    expect(answer.body.code).toBe("missing_scope")
  })
})

describe("a bound key sees, changes and revokes only keys that are bound within its own bounds", () => {
  it("others are the same 404 as missing ones, and not in its list", async () => {
    const app = createTestApp()
    await app.request("POST", "/v1/keys", { json: { id: "outside", name: "x", scopes: ["*"], tenants: ["other"] } })
    await app.request("POST", "/v1/keys", { json: { id: "unbound", name: "x", scopes: ["*"] } })
    await app.request("POST", "/v1/keys", { json: { id: "inside", name: "x", scopes: ["*"], tenants: ["acme"] } })
    const mine = await app.key({ tenants: ["acme"], scopes: ["*"] })
    for (const id of ["outside", "unbound", "missing"]) {
      for (const method of ["GET", "DELETE"]) {
        const answer = await app.request(method, `/v1/keys/${id}`, { key: mine })
        expect([answer.status, answer.body.detail]).toEqual([404, `There is no key ${id}.`])
      }
    }
    const { data } = (await app.request("GET", "/v1/keys", { key: mine })).body
    const ids: string[] = data.map(({ id }: { id: string }) => id)
    expect(ids).toContain("inside")
    expect(ids).not.toContain("outside")
    expect(ids).not.toContain("unbound")
  })
})

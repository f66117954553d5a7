import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"

it("a key without the scope is told which one the call needs", async () => {
  const { request, key } = createTestApp()
  const mine = await key({ scopes: ["messages:send"] })
  const answer = await request("GET", "/v1/keys", { key: mine })
  expect(answer.status).toBe(403)
  expect(answer.body).toMatchObject({ code: "missing_scope", scope: "keys:read" })
})

it("manage includes read, read does not include manage", async () => {
  const { request, key } = createTestApp()
  const manager = await key({ scopes: ["accounts:manage"] })
  const reader = await key({ scopes: ["accounts:read"] })
  expect((await request("GET", "/v1/accounts", { key: manager })).status).toBe(200)
  expect((await request("GET", "/v1/accounts", { key: reader })).status).toBe(200)
  const json = { email: "ada@demo.test" }
  expect((await request("POST", "/v1/accounts", { key: reader, json })).body.code).toBe("missing_scope")
})

it("a test key changes no settings, whatever its scopes", async () => {
  const { request, key } = createTestApp()
  const mine = await key({ test: true, scopes: ["*"] })
  const json = { email: "ada@demo.test" }
  expect((await request("POST", "/v1/accounts", { key: mine, json })).body.code).toBe("missing_scope")
  expect((await request("GET", "/v1/accounts", { key: mine })).status).toBe(200)
})

it("a key with allow_ips works from there alone, and nowhere where the address is not known", async () => {
  let address: string | null = "192.0.2.7"
  const { request, key } = createTestApp({}, { clientAddress: () => address })
  const mine = await key({ allow_ips: ["192.0.2.0/28", "2001:db8::1"] })
  for (const [from, status] of [
    ["192.0.2.7", 200],
    ["::ffff:192.0.2.7", 200],
    ["2001:db8::1", 200],
    ["192.0.2.16", 403],
    ["2001:db8::2", 403],
    ["not an address", 403],
    [null, 403],
  ] as const) {
    address = from
    const answer = await request("GET", "/v1/me", { key: mine })
    expect([from, answer.status]).toEqual([from, status])
    if (status === 403) expect(answer.body.code).toBe("ip_not_allowed")
  }
})

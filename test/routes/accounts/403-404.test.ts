import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

it("a key bound to a tenant makes, sees, changes and deletes only there", async () => {
  const { request, key } = createTestApp()
  await request("PUT", "/v1/accounts/ada", { json: { ...ada, tenant: "other" } })
  const mine = await key({ tenants: ["acme"], scopes: ["accounts:manage"] })
  const json = { email: "eve@demo.test" }
  expect((await request("POST", "/v1/accounts", { key: mine, json })).body.code).toBe("exceeds_own_rights")
  const made = await request("POST", "/v1/accounts", { key: mine, json: { ...json, id: "eve", tenant: "acme" } })
  expect(made.status).toBe(201)
  const moved = await request("PATCH", "/v1/accounts/eve", { key: mine, json: { tenant: "other" } })
  expect(moved.body.code).toBe("exceeds_own_rights")
  const calls = [
    ["GET", "/v1/accounts/ada", undefined],
    ["PUT", "/v1/accounts/ada", { ...json, tenant: "acme" }],
    ["PATCH", "/v1/accounts/ada", { name: "x" }],
    ["DELETE", "/v1/accounts/ada", undefined],
    ["POST", "/v1/accounts/ada/pause", {}],
    ["POST", "/v1/accounts/ada/poll", undefined],
    ["POST", "/v1/accounts/ada/verify", undefined],
  ] as const
  for (const [method, path, body] of calls) {
    const answer = await request(method, path, { key: mine, ...(body === undefined ? {} : { json: body }) })
    expect([method, path, answer.status, answer.body.detail]).toEqual([method, path, 404, "There is no account ada."])
  }
  const { data } = (await request("GET", "/v1/accounts", { key: mine })).body
  expect(data.map(({ id }: { id: string }) => id)).toEqual(["eve"])
})

it("a key bound to an account id may make just that account", async () => {
  const { request, key } = createTestApp()
  const mine = await key({ accounts: ["ada"], scopes: ["accounts:manage"] })
  expect((await request("PUT", "/v1/accounts/eve", { key: mine, json: { ...ada, id: "eve" } })).status).toBe(403)
  expect((await request("PUT", "/v1/accounts/ada", { key: mine, json: ada })).status).toBe(201)
})

it("a key bound to an account cannot move it, or make it, into a tenant that is not its own", async () => {
  const { request, key } = createTestApp()
  await request("PUT", "/v1/accounts/ada", { json: { ...ada, tenant: "acme" } })
  const mine = await key({ accounts: ["ada", "eve"], scopes: ["accounts:manage"] })
  const patch = (tenant: string | null) => request("PATCH", "/v1/accounts/ada", { key: mine, json: { tenant } })
  expect((await patch("other")).body.code).toBe("exceeds_own_rights")
  expect((await patch("acme")).status).toBe(200)
  const made = await request("PUT", "/v1/accounts/eve", { key: mine, json: { ...ada, id: "eve", tenant: "other" } })
  expect(made.body.code).toBe("exceeds_own_rights")
})

it("a missing account is 404 on every call", async () => {
  const { request } = createTestApp()
  expect((await request("GET", "/v1/accounts/nobody")).body.code).toBe("not_found")
  expect((await request("PATCH", "/v1/accounts/nobody", { json: {} })).body.code).toBe("not_found")
  expect((await request("DELETE", "/v1/accounts/nobody")).body.code).toBe("not_found")
})

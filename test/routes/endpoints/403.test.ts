import { expect, test } from "vitest"
import { createHookApp, hook } from "./hooks.ts"

test("a key without webhooks:manage reads and changes nothing", async () => {
  const app = createHookApp()
  await app.request("PUT", "/v1/endpoints/shop", { json: hook })
  const key = await app.key({ scopes: ["webhooks:read"] })
  expect((await app.request("GET", "/v1/endpoints/shop", { key })).status).toBe(200)
  for (const [method, path] of [
    ["DELETE", "/v1/endpoints/shop"],
    ["POST", "/v1/endpoints/shop/test"],
    ["POST", "/v1/endpoints/shop/disable"],
    ["POST", "/v1/endpoints/shop/rotate_secret"],
  ] as const) {
    expect(await app.request(method, path, { key })).toMatchObject({ status: 403, body: { code: "missing_scope" } })
  }
})

test("a bound key makes no endpoint that would see more than it does", async () => {
  const app = createHookApp()
  const key = await app.key({ scopes: ["webhooks:manage"], tenants: ["acme"] })
  expect(await app.request("POST", "/v1/endpoints", { key, json: hook })).toMatchObject({
    status: 403,
    body: { code: "exceeds_own_rights" },
  })
  const own = { ...hook, id: "own", tenants: ["acme"] }
  expect((await app.request("POST", "/v1/endpoints", { key, json: own })).status).toBe(201)
  const wider = await app.request("PATCH", "/v1/endpoints/own", { key, json: { tenants: null } })
  expect(wider).toMatchObject({ status: 403, body: { code: "exceeds_own_rights" } })
})

import { expect, test } from "vitest"
import { createHookApp, hook } from "./hooks.ts"

const calls = [
  ["GET", ""],
  ["PATCH", ""],
  ["DELETE", ""],
  ["GET", "/attempts"],
  ["POST", "/test"],
  ["POST", "/enable"],
  ["POST", "/disable"],
  ["POST", "/rotate_secret"],
  ["POST", "/revoke_old_secrets"],
] as const

test.each(calls)("%s %s of an endpoint that is not there, or of others, is the same 404", async (method, path) => {
  const app = createHookApp()
  const key = await app.key({ scopes: ["webhooks:manage"], tenants: ["acme"] })
  await app.request("PUT", "/v1/endpoints/foreign", { json: { ...hook, tenants: ["other"] } })
  const answers = await Promise.all(
    ["missing", "foreign"].map((id) => app.request(method, `/v1/endpoints/${id}${path}`, { key })),
  )
  for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } })
})

test("after DELETE it is gone, for fan-out too", async () => {
  const { request, engine } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: hook })
  expect((await request("DELETE", "/v1/endpoints/shop")).status).toBe(204)
  expect((await request("GET", "/v1/endpoints/shop")).status).toBe(404)
  expect((await engine.records.get("cfg#endpoints"))?.body).toEqual({ endpoints: [] })
})

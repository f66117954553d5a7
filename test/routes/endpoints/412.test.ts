import { expect, test } from "vitest"
import { createHookApp, hook } from "./hooks.ts"

test("PUT, PATCH and DELETE with an If-Match that no longer fits change nothing", async () => {
  const { request } = createHookApp()
  const made = await request("PUT", "/v1/endpoints/shop", { json: hook })
  const headers = { "If-Match": made.headers.get("etag") ?? "" }
  expect((await request("PATCH", "/v1/endpoints/shop", { json: { types: ["*"] }, headers })).status).toBe(200)
  for (const [method, json] of [
    ["PUT", hook],
    ["PATCH", { types: ["message.*"] }],
    ["DELETE", undefined],
  ] as const) {
    const answer = await request(method, "/v1/endpoints/shop", { json, headers })
    expect(answer).toMatchObject({ status: 412, body: { code: "version_mismatch" } })
  }
  expect((await request("GET", "/v1/endpoints/shop")).body.types).toEqual(["*"])
})

test("PUT with If-None-Match: * replaces nothing", async () => {
  const { request } = createHookApp()
  const headers = { "If-None-Match": "*" }
  expect((await request("PUT", "/v1/endpoints/shop", { json: hook, headers })).status).toBe(201)
  expect((await request("PUT", "/v1/endpoints/shop", { json: hook, headers })).status).toBe(412)
})

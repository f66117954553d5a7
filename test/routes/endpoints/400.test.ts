import { expect, test } from "vitest"
import { createHookApp, hook } from "./hooks.ts"

test.each<[string, object, string, string]>([
  ["no url", { types: ["*"] }, "/url", "required"],
  ["no types", { url: hook.url }, "/types", "required"],
  ["an empty list of types", { ...hook, types: [] }, "/types", "too_short"],
  ["an unknown type", { ...hook, types: ["message.received", "mail.*"] }, "/types/1", "not_in_list"],
  ["a field of no name", { ...hook, colour: "red" }, "/colour", "unknown_field"],
  ["a field that is read-only", { ...hook, state: "enabled" }, "/state", "read_only"],
  ["a url of another scheme", { ...hook, url: "ftp://app.test/" }, "/url", "invalid_format"],
  ["a url with a user", { ...hook, url: "https://me:pw@app.test/" }, "/url", "invalid_format"],
  ["a url with a fragment", { ...hook, url: "https://app.test/#a" }, "/url", "invalid_format"],
  ["a url that is none", { ...hook, url: "app.test" }, "/url", "invalid_format"],
  ["a secret without prefix", { ...hook, secret: "c2VjcmV0" }, "/secret", "invalid_format"],
  ["a secret too short", { ...hook, secret: "whsec_c2VjcmV0" }, "/secret", "invalid_format"],
  ["a secret too long", { ...hook, secret: `whsec_${"A".repeat(88)}` }, "/secret", "invalid_format"],
  ["a secret of url-safe base64", { ...hook, secret: `whsec_${"-_".repeat(16)}` }, "/secret", "invalid_format"],
  ["a header of the signature", { ...hook, headers: { "Webhook-Id": "1" } }, "/headers/Webhook-Id", "reserved_header"],
  ["a header of HTTP", { ...hook, headers: { Host: "a" } }, "/headers/Host", "reserved_header"],
  ["a header with a line break", { ...hook, headers: { "X-A": "a\r\nX-B: b" } }, "/headers/X-A", "invalid_format"],
  ["a masked header", { ...hook, headers: { "X-A": "******" } }, "/headers/X-A", "masked_secret"],
  ["a header named twice", { ...hook, headers: { "X-A": "1", "x-a": "2" } }, "/headers", "duplicate"],
  ["a cap out of range", { ...hook, max_in_flight: 0 }, "/max_in_flight", "out_of_range"],
  ["an id with our prefix", { ...hook, id: "ep_1" }, "/id", "invalid_format"],
])("POST refuses %s", async (_, json, pointer, code) => {
  const { request, engine } = createHookApp()
  const answer = await request("POST", "/v1/endpoints", { json })
  expect(answer.status).toBe(400)
  expect(answer.body.code).toBe("invalid_request")
  expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer, code }))
  expect(await engine.records.get("cfg#endpoints")).toBeUndefined()
})

test("lists refuse a cursor of another list", async () => {
  const { request } = createHookApp()
  for (const id of ["one", "two"]) await request("PUT", `/v1/endpoints/${id}`, { json: hook })
  const { body } = await request("GET", "/v1/endpoints?limit=1")
  const answer = await request("GET", `/v1/endpoints/one/attempts?cursor=${body.next_cursor}`)
  expect(answer).toMatchObject({ status: 400, body: { code: "invalid_cursor" } })
})

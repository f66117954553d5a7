import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"

const json = { "Content-Type": "application/json" }

it("a body over the limit is refused, whether its length was declared or not", async () => {
  const { request, app } = createTestApp()
  const text = JSON.stringify({ name: "x".repeat(300_000) })
  const declared = await request("POST", "/v1/keys", { text, headers: json })
  expect([declared.status, declared.body.code]).toEqual([413, "body_too_large"])
  let pulled = 0
  const endless = new ReadableStream({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(16_384).fill(0x20))
    },
  })
  const init = {
    method: "POST",
    body: endless,
    duplex: "half" as const,
    headers: { ...json, Authorization: `Bearer ${"x"}` },
  }
  const anonymous = await app.request("/v1/keys", init)
  expect(anonymous.status).toBe(401)
  expect(pulled).toBeLessThan(4)
})

it("a body without end is dropped at the limit", async () => {
  const { app, key } = createTestApp()
  const mine = await key({})
  let pulled = 0
  const body = new ReadableStream({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(16_384).fill(0x20))
    },
  })
  const init = { method: "POST", body, duplex: "half" as const, headers: { ...json, Authorization: `Bearer ${mine}` } }
  const answer = await app.request("/v1/keys", init)
  expect(answer.status).toBe(413)
  expect(pulled).toBeLessThan(20)
})

it("N4: a body with Content-Encoding is refused unread", async () => {
  const { request } = createTestApp()
  for (const encoding of ["gzip", "br", "identity, gzip"]) {
    const answer = await request("POST", "/v1/keys", { text: "x", headers: { ...json, "Content-Encoding": encoding } })
    expect([answer.status, answer.body.code]).toEqual([415, "unsupported_media_type"])
  }
})

it("a body of another type than the path takes is refused", async () => {
  const { request } = createTestApp()
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "message/rfc822"]) {
    const answer = await request("POST", "/v1/keys", { text: "{}", headers: { "Content-Type": type } })
    expect([answer.status, answer.body.code]).toEqual([415, "unsupported_media_type"])
  }
  const untyped = await request("POST", "/v1/keys", { text: new TextEncoder().encode("{}") })
  expect(untyped.status).toBe(415)
})

import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"

const json = { id: "app", name: "app", scopes: ["messages:send"] }

it("an id that is taken", async () => {
  const { request } = createTestApp()
  const first = await request("POST", "/v1/keys", { json })
  const answer = await request("POST", "/v1/keys", { json })
  expect([answer.status, answer.body.code]).toEqual([409, "already_exists"])
  expect((await request("GET", "/v1/me", { key: first.body.key })).status).toBe(200)
})

it("a sha256 that belongs to another key", async () => {
  const { request, ports } = createTestApp()
  const sha256 = ports.ids.digest("theirs")
  await request("POST", "/v1/keys", { json: { ...json, sha256 } })
  const answer = await request("POST", "/v1/keys", { json: { ...json, id: "other", sha256 } })
  expect([answer.status, answer.body.code]).toEqual([409, "already_exists"])
  expect((await request("GET", "/v1/me", { key: "theirs" })).body.id).toBe("app")
})

it("of two made at once with one id, one is made and the other leaves nothing behind", async () => {
  const { request } = createTestApp()
  const answers = await Promise.all([request("POST", "/v1/keys", { json }), request("POST", "/v1/keys", { json })])
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  expect((await request("GET", "/v1/keys")).body.data).toHaveLength(1)
})

it("a live key does not become a test key", async () => {
  const { request } = createTestApp()
  await request("POST", "/v1/keys", { json })
  const answer = await request("PUT", "/v1/keys/app", { json: { ...json, test: true } })
  expect([answer.status, answer.body.code]).toEqual([409, "state_conflict"])
})

it("a hash whose making was cut off before its id can be used again", async () => {
  const { request, ports } = createTestApp()
  const sha256 = ports.ids.digest("theirs")
  const put = ports.records.put
  ports.records.put = (record, when) =>
    record.id.startsWith("keyid#") ? Promise.reject(new Error("cut off")) : put(record, when)
  expect((await request("POST", "/v1/keys", { json: { ...json, sha256 } })).status).toBe(500)
  expect((await request("GET", "/v1/me", { key: "theirs" })).status).toBe(401)
  ports.records.put = put
  expect((await request("POST", "/v1/keys", { json: { ...json, sha256 } })).status).toBe(201)
  expect((await request("GET", "/v1/me", { key: "theirs" })).status).toBe(200)
})

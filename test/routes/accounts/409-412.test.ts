import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

it("POST of a taken id changes nothing of the account that stands", async () => {
  const { request } = createTestApp()
  await request("POST", "/v1/accounts", { json: ada })
  const answer = await request("POST", "/v1/accounts", { json: { ...ada, name: "Eve" } })
  expect([answer.status, answer.body.code]).toEqual([409, "already_exists"])
  expect((await request("GET", "/v1/accounts/ada")).body.name).toBe(null)
})

it("of two made at once with one id, the plan is that of the one that was made", async () => {
  const { request, ports } = createTestApp()
  const other = { ...ada, imap: { ...ada.imap, host: "other.demo.test", poll_seconds: 300 } }
  const answers = await Promise.all([ada, other].map((json) => request("POST", "/v1/accounts", { json })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  const { imap } = (await request("GET", "/v1/accounts/ada")).body
  const plan = await ports.records.get("plan#ada")
  expect(plan?.body).toMatchObject({ host: imap.host, seconds: imap.poll_seconds })
})

it("polling a paused intake is a conflict that names the way out", async () => {
  const { request } = createTestApp()
  await request("POST", "/v1/accounts", { json: ada })
  await request("POST", "/v1/accounts/ada/pause")
  const answer = await request("POST", "/v1/accounts/ada/poll")
  expect(answer.body).toMatchObject({ status: 409, code: "state_conflict", current: "paused" })
  expect(answer.body.fix).toMatch(/resume/)
})

it("C2: history can only be widened", async () => {
  const { request } = createTestApp()
  await request("POST", "/v1/accounts", { json: { ...ada, imap: { ...ada.imap, history: "2026-01-10" } } })
  const patch = (history: string) => request("PATCH", "/v1/accounts/ada", { json: { imap: { history } } })
  expect((await patch("new")).body.code).toBe("state_conflict")
  expect((await patch("2026-01-11")).body.code).toBe("state_conflict")
  expect((await patch("2026-01-09")).body.imap.history).toBe("2026-01-09T00:00:00.000Z")
  expect((await patch("all")).body.imap.history).toBe("all")
})

it("If-Match of an older version, and If-None-Match: * of an account that stands, are 412", async () => {
  const { request } = createTestApp()
  const made = await request("PUT", "/v1/accounts/ada", { json: ada })
  const etag = made.headers.get("etag") ?? ""
  const patch = (name: string) =>
    request("PATCH", "/v1/accounts/ada", { json: { name }, headers: { "If-Match": etag } })
  expect((await patch("one")).status).toBe(200)
  expect((await patch("two")).body.code).toBe("version_mismatch")
  const create = { json: ada, headers: { "If-None-Match": "*" } }
  expect((await request("PUT", "/v1/accounts/ada", create)).body.code).toBe("version_mismatch")
  expect((await request("DELETE", "/v1/accounts/ada", { headers: { "If-Match": etag } })).status).toBe(412)
  const absent = { json: ada, headers: { "If-Match": "*" } }
  expect((await request("PUT", "/v1/accounts/eve", { ...absent, json: { ...ada, id: "eve" } })).status).toBe(412)
})

it("an ETag of an earlier life of the id does not match", async () => {
  const { request, clock } = createTestApp()
  const first = await request("PUT", "/v1/accounts/ada", { json: ada })
  await request("DELETE", "/v1/accounts/ada")
  await clock.advance(1000)
  await request("PUT", "/v1/accounts/ada", { json: ada })
  const headers = { "If-Match": first.headers.get("etag") ?? "" }
  expect((await request("DELETE", "/v1/accounts/ada", { headers })).status).toBe(412)
})

it("state that changes does not change the ETag", async () => {
  const { request } = createTestApp()
  const made = await request("PUT", "/v1/accounts/ada", { json: ada })
  await request("POST", "/v1/accounts/ada/pause")
  expect((await request("GET", "/v1/accounts/ada")).headers.get("etag")).toBe(made.headers.get("etag"))
})

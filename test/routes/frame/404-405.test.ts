import { expect, it } from "vitest"
import { createTestApp, publicUrl } from "../../support/test-app.ts"

it("an unknown path is a problem with its page as type", async () => {
  const answer = await createTestApp().request("GET", "/nothing/here")
  expect(answer.status).toBe(404)
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
  expect(answer.body).toMatchObject({
    type: `${publicUrl}/docs/errors/not_found`,
    title: "Not found",
    status: 404,
    instance: "/nothing/here",
    code: "not_found",
    request_id: answer.headers.get("x-request-id"),
  })
})

it("a text that can be no id is not_found, and never reaches the store", async () => {
  for (const id of ["a%00b", "a%2Fb", "x".repeat(400), "%E2%80%AE"]) {
    const answer = await createTestApp().request("GET", `/v1/accounts/${id}`)
    expect([id, answer.status]).toEqual([id, 404])
  }
})

it("a known path with another method is method_not_allowed with Allow", async () => {
  const answer = await createTestApp().request("DELETE", "/v1/keys")
  expect(answer.status).toBe(405)
  expect(answer.body.code).toBe("method_not_allowed")
  expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(["GET", "HEAD", "POST"])
})

it("HEAD is GET without a body", async () => {
  const answer = await createTestApp().request("HEAD", "/health")
  expect([answer.status, answer.text]).toEqual([200, ""])
})

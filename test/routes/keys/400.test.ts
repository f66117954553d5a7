import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"

it("ids with a prefix of Postrider's own, `verify`, or of other characters are refused", async () => {
  const { request } = createTestApp()
  for (const id of ["key_mine", "acc_1", "out_x", "verify", "a b", "", "x".repeat(65), "ä"]) {
    const answer = await request("POST", "/v1/keys", { json: { id, name: "x", scopes: ["*"] } })
    expect([id, answer.status, answer.body.errors?.[0]?.pointer]).toEqual([id, 400, "/id"])
  }
})

it("PUT with another id in its body than in its path is refused", async () => {
  const { request } = createTestApp()
  const answer = await request("PUT", "/v1/keys/one", { json: { id: "two", name: "x", scopes: ["*"] } })
  expect(answer.body.errors).toMatchObject([{ pointer: "/id", code: "conflicting_fields" }])
})

it("what is fixed for life is read-only in PATCH", async () => {
  const { request } = createTestApp()
  await request("PUT", "/v1/keys/one", { json: { name: "x", scopes: ["*"] } })
  const answer = await request("PATCH", "/v1/keys/one", { json: { id: "two" } })
  expect(answer.body.errors).toMatchObject([{ pointer: "/id", code: "read_only" }])
})

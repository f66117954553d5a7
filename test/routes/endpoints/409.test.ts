import { expect, test } from "vitest"
import { createHookApp, hook } from "./hooks.ts"

test("POST of a taken id", async () => {
  const { request } = createHookApp()
  await request("POST", "/v1/endpoints", { json: { ...hook, id: "shop" } })
  const answer = await request("POST", "/v1/endpoints", { json: { ...hook, id: "shop" } })
  expect(answer).toMatchObject({ status: 409, body: { code: "already_exists" } })
})

test("a second rotation within the overlap of the first, which would cut receivers off", async () => {
  const { request, clock } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: hook })
  const rotate = () => request("POST", "/v1/endpoints/shop/rotate_secret", { json: { overlap_seconds: 60 } })
  expect((await rotate()).status).toBe(200)
  expect(await rotate()).toMatchObject({ status: 409, body: { code: "state_conflict" } })
  await clock.advance(60_000)
  expect((await rotate()).status).toBe(200)
})

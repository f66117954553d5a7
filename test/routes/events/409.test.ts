import { expect, test } from "vitest"
import { createHookApp, hook } from "../endpoints/hooks.ts"
import { announce, received } from "./events.ts"

test("redeliver to a disabled endpoint", async () => {
  const app = createHookApp()
  await app.request("PUT", "/v1/endpoints/shop", { json: hook })
  await app.request("POST", "/v1/endpoints/shop/disable")
  await announce(app, received(1))
  const answer = await app.request("POST", "/v1/events/evt_1/redeliver", { json: { endpoint: "shop" } })
  expect(answer).toMatchObject({ status: 409, body: { code: "state_conflict", current: "disabled" } })
})

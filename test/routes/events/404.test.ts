import { expect, test } from "vitest"
import { createHookApp } from "../endpoints/hooks.ts"
import { announce, received } from "./events.ts"

test("an event that is not there, of another account, or live for a test key, is the same 404", async () => {
  const app = createHookApp()
  await announce(app, received(1))
  const bound = await app.key({ scopes: ["events:read", "webhooks:manage"], accounts: ["other"] })
  const tests = await app.key({ scopes: ["events:read"], test: true })
  const answers = [
    await app.request("GET", "/v1/events/evt_missing"),
    await app.request("GET", "/v1/events/evt_1", { key: bound }),
    await app.request("GET", "/v1/events/evt_1/attempts", { key: bound }),
    await app.request("POST", "/v1/events/evt_1/redeliver", { key: bound }),
    await app.request("GET", "/v1/events/evt_1", { key: tests }),
  ]
  for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } })
})

test("redeliver to an endpoint that is not there", async () => {
  const app = createHookApp()
  await announce(app, received(1))
  const answer = await app.request("POST", "/v1/events/evt_1/redeliver", { json: { endpoint: "missing" } })
  expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } })
})

import { expect, test } from "vitest"
import { startPeer } from "../../drivers/webhook/peer.ts"
import { createHookApp, hook } from "../endpoints/hooks.ts"
import { announce, received, work } from "./events.ts"

test("redeliver sends the event again under its id, each time, and keeps the earlier attempts", async () => {
  const app = createHookApp()
  const peer = await startPeer((response) => response.end())
  await app.request("PUT", "/v1/endpoints/shop", { json: { ...hook, url: peer.url } })
  await announce(app, received(1))
  await work(app)
  for (let n = 1; n <= 2; n++) {
    const answer = await app.request("POST", "/v1/events/evt_1/redeliver", { json: {} })
    expect(answer).toMatchObject({ status: 202, body: { data: [{ endpoint: "shop", attempt: n * 100 + 1 }] } })
    await work(app)
  }
  expect(peer.received.map(({ headers }) => [headers["webhook-id"], headers["webhook-trigger"]])).toEqual([
    ["evt_1", "scheduled"],
    ["evt_1", "manual"],
    ["evt_1", "manual"],
  ])
  expect(new Set(peer.received.map(({ body }) => body.toString())).size).toBe(1)
  expect((await app.request("GET", "/v1/events/evt_1/attempts")).body.data).toHaveLength(3)
})

test("redeliver to a named endpoint does not ask for its filters", async () => {
  const app = createHookApp()
  const peer = await startPeer((response) => response.end())
  await app.request("PUT", "/v1/endpoints/shop", { json: { url: peer.url, types: ["account.*"] } })
  await announce(app, received(1))
  expect((await app.request("POST", "/v1/events/evt_1/redeliver")).body.data).toEqual([])
  await app.request("POST", "/v1/events/evt_1/redeliver", { json: { endpoint: "shop" } })
  await work(app)
  expect(peer.received).toHaveLength(1)
})

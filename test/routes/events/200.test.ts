import { Webhook } from "standardwebhooks"
import { expect, test } from "vitest"
import { startPeer } from "../../drivers/webhook/peer.ts"
import { createHookApp, hook } from "../endpoints/hooks.ts"
import { announce, received, work } from "./events.ts"

test("the log gives events oldest first, with a cursor that is never null and goes on where it was", async () => {
  const app = createHookApp()
  await announce(app, received(1), received(2), received(3))
  await app.clock.advance(10)
  const first = await app.request("GET", "/v1/events?limit=2")
  expect(first.body.data.map(({ id }: { id: string }) => id)).toEqual(["evt_1", "evt_2"])
  expect(first.body.has_more).toBe(true)
  const second = await app.request("GET", `/v1/events?limit=50&cursor=${first.body.next_cursor}`)
  expect(second.body.data.map(({ id }: { id: string }) => id)).toEqual(["evt_3"])
  const third = await app.request("GET", `/v1/events?cursor=${second.body.next_cursor}`)
  expect(third.body).toMatchObject({ data: [], has_more: false, next_cursor: expect.any(String) })
})

test("an event in the log is what its webhook says, byte for byte as JSON", async () => {
  const app = createHookApp()
  const peer = await startPeer((response) => response.end())
  const { body } = await app.request("PUT", "/v1/endpoints/shop", { json: { ...hook, url: peer.url } })
  await announce(app, received(1))
  await work(app)
  await app.clock.advance(10)
  const feed = await app.request("GET", "/v1/events?types=message.received")
  const [got] = peer.received
  const sent = new Webhook(body.secret).verify(got?.body.toString() ?? "", got?.headers as Record<string, string>)
  expect(feed.body.data).toEqual([sent])
  expect(Object.keys(sent as object)).toEqual(
    "id type timestamp api_version account tenant test sequence data truncated".split(" "),
  )
})

test("filters and forms", async () => {
  const app = createHookApp()
  await announce(app, received(1), received(2, { type: "message.sent", tenant: "t1" }), received(3, { test: true }))
  await app.clock.advance(10)
  const ids = async (query: string) =>
    (await app.request("GET", `/v1/events?${query}`)).body.data.map((e: { id: string }) => e.id)
  expect(await ids("types=message.sent,account.*")).toEqual(["evt_2"])
  expect(await ids("tenant=t1&account=acme")).toEqual(["evt_2"])
  expect(await ids("test=true")).toEqual(["evt_3"])
  const full = await app.request("GET", "/v1/events?types=message.received&body=full")
  expect(full.body.data[0].data.html).toBe("<p></p>")
})

test("one event shows how far it has come with each endpoint, and its attempts", async () => {
  const app = createHookApp()
  const good = await startPeer((response) => response.end())
  const bad = await startPeer((response) => response.writeHead(500).end())
  await app.request("PUT", "/v1/endpoints/good", { json: { ...hook, url: good.url } })
  await app.request("PUT", "/v1/endpoints/bad", { json: { ...hook, url: bad.url } })
  await announce(app, received(1))
  const before = await app.request("GET", "/v1/events/evt_1")
  expect(before.body.deliveries).toMatchObject([{ status: "pending" }, { status: "pending" }])
  await work(app)
  const { body } = await app.request("GET", "/v1/events/evt_1")
  expect(body).toMatchObject({ id: "evt_1", data: { id: "in_1" } })
  expect(body.deliveries).toMatchObject([
    { endpoint: "good", status: "delivered", attempts: 1, next_attempt_at: null },
    { endpoint: "bad", status: "pending", attempts: 1, next_attempt_at: expect.any(String) },
  ])
  const attempts = await app.request("GET", "/v1/events/evt_1/attempts")
  expect(attempts.body.data).toHaveLength(2)
})

test("?wait answers as soon as there is an event", async () => {
  const app = createHookApp()
  await app.clock.advance(1)
  const { body } = await app.request("GET", "/v1/events")
  const waiting = app.request("GET", `/v1/events?wait=20&cursor=${body.next_cursor}`)
  while (app.clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve))
  await announce(app, received(1))
  await app.clock.advance(1_000)
  expect((await waiting).body.data).toHaveLength(1)
})

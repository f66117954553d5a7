import { announceEvents } from "@postrider/core/event/announce-events"
import { readFeed } from "@postrider/core/event/read-feed"
import { disableEndpoint } from "@postrider/core/webhook/disable-endpoint"
import { enableEndpoint } from "@postrider/core/webhook/enable-endpoint"
import { endpointRecordId } from "@postrider/core/webhook/endpoint"
import { getEndpoint } from "@postrider/core/webhook/get-endpoint"
import { listAttempts } from "@postrider/core/webhook/list-attempts"
import { createSecretBox } from "@postrider/runtime/secret-box"
import { describe, expect, test } from "vitest"
import { quietLogger } from "../../support/quiet-logger.ts"
import { admin, createWorld, hour, minute, received } from "./world.ts"

/** A world that notes the errors it logs, and an event in its log whose content is no JSON. */
function unreadable() {
  const created = createWorld()
  const errors: string[] = []
  const log = { ...quietLogger, error: (event: string) => void errors.push(event) }
  Object.assign(created.ports, { log })
  const { data: _, ...event } = received("torn")
  const announceTorn = async () => {
    await created.ports.content.put("inbound/a/event.json", new TextEncoder().encode('{"id":"in_to'))
    await announceEvents(created.ports, [{ ...event, dataKey: "inbound/a/event.json" }])
  }
  const { ports, posted, endpoint, pass, stored, engine, clock } = created
  return { ports, posted, endpoint, pass, stored, engine, clock, errors, announceTorn }
}

describe("an event whose content cannot be read", () => {
  test("holds up neither a replay nor the events beside it, and is told of by its ids", async () => {
    const { ports, posted, endpoint, pass, stored, errors, announceTorn, engine } = unreadable()
    await endpoint("shop", { types: ["message.received"] })
    await disableEndpoint(ports, admin, "shop")
    await announceEvents(ports, [received(1)])
    await announceTorn()
    await announceEvents(ports, [received(2)])
    await enableEndpoint(ports, admin, "shop")
    await pass(5 * minute)
    expect(posted.map(({ request }) => request.id).sort()).toEqual(["evt_1", "evt_2", "evt_torn"])
    const torn = posted.find(({ request }) => request.id === "evt_torn")
    expect(JSON.parse(torn?.body ?? "")).toMatchObject({ id: "evt_torn", type: "message.received", account: "acme" })
    expect((await stored("shop")).replay).toBeNull()
    expect(errors).toContain("event.content_unreadable")
    expect(await engine.jobs.depth("webhook")).toMatchObject({ waiting: 0, delayed: 0, dead: 0 })
  })

  test("does not end the feed", async () => {
    const { ports, announceTorn, clock } = unreadable()
    await announceTorn()
    await announceEvents(ports, [received(2)])
    await clock.advance(minute)
    const query = { since: clock.now() - hour, test: false, body: "compact" as const, limit: 10, waitMs: 0 }
    expect((await readFeed(ports, admin, query)).data.map(({ id }) => id)).toEqual(["evt_torn", "evt_2"])
  })
})

describe("a replay whose job was lost", () => {
  async function lost() {
    const created = createWorld()
    const { ports, endpoint, engine } = created
    await endpoint("shop", { types: ["message.received"] })
    await disableEndpoint(ports, admin, "shop")
    await announceEvents(ports, [received(1)])
    await enableEndpoint(ports, admin, "shop")
    const jobs = await engine.source.receive("webhook", { max: 10, waitMs: 0, visibilityMs: minute, maxReceives: 5 })
    for (const job of jobs) await job.settle({ kind: "done" })
    expect((await created.stored("shop")).replay).not.toBeNull()
    return created
  }

  test("goes on within an hour of the next delivery to its endpoint", async () => {
    const { ports, posted, pass, stored } = await lost()
    await pass(2 * hour, 10 * minute)
    await announceEvents(ports, [received(2), received(3)])
    await pass(5 * minute)
    expect(posted.map(({ request }) => request.id).sort()).toEqual(["evt_1", "evt_2", "evt_3"])
    expect((await stored("shop")).replay).toBeNull()
  })

  test("goes on when the endpoint is read", async () => {
    const { ports, posted, pass, stored, engine } = await lost()
    await getEndpoint(ports, admin, "shop")
    expect(await engine.jobs.depth("webhook")).toMatchObject({ waiting: 0 })
    await pass(2 * hour, 10 * minute)
    await Promise.all([1, 2, 3].map(() => getEndpoint(ports, admin, "shop")))
    expect(await engine.jobs.depth("webhook")).toMatchObject({ waiting: 1 })
    await pass(5 * minute)
    expect(posted.map(({ request }) => request.id)).toEqual(["evt_1"])
    expect((await stored("shop")).replay).toBeNull()
  })
})

test("secrets that no key opens are failed attempts, listed, and at the end an event.undelivered", async () => {
  const { ports, posted, endpoint, work, pass, engine } = createWorld()
  await endpoint("shop", { types: ["message.received"] })
  await endpoint("watch", { types: ["event.undelivered"] })
  const other = createSecretBox([new Uint8Array(32).fill(9)])
  const shop = await engine.records.get<{ secrets: { sealed: string }[] }>(endpointRecordId("shop"))
  if (shop === undefined) throw new Error("no endpoint")
  const secrets = shop.body.secrets.map((one) => ({ ...one, sealed: other.seal("whsec_x", "endpoint:shop") }))
  await engine.records.put({ ...shop, body: { ...shop.body, secrets } }, { version: shop.v })
  await announceEvents(ports, [received(1)])
  expect(await work()).toBe(0)
  const { data } = await listAttempts(ports, admin, { id: "shop", limit: 10 })
  expect(data).toMatchObject([
    { attempt: 1, outcome: "failed", status: null, error: expect.stringContaining("opened") },
  ])
  await pass(95 * hour, 10 * minute)
  expect(posted.map(({ body }) => JSON.parse(body).type)).toEqual(["event.undelivered"])
  expect(await engine.jobs.depth("webhook")).toMatchObject({ dead: 0 })
})

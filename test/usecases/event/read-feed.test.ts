import { announceEvents } from "@postrider/core/event/announce-events"
import { type FeedQuery, readFeed } from "@postrider/core/event/read-feed"
import type { Actor } from "@postrider/core/key/key"
import { describe, expect, test } from "vitest"
import { admin, createWorld, day, hour, received } from "../webhook/world.ts"

type World = ReturnType<typeof createWorld>
const query: FeedQuery = { test: false, body: "compact", limit: 20, waitMs: 0 }

function bound(settings: Partial<Actor["settings"]>): Actor {
  return { keyId: "k", settings: { ...admin.settings, ...settings } }
}

/** Follows the feed from the start until it has no more. */
async function follow(world: World, changes: Partial<FeedQuery> = {}, actor = admin) {
  const ids: string[] = []
  let after = changes.after
  for (let pages = 0; pages < 100; pages++) {
    const page = await readFeed(world.ports, actor, { ...query, ...changes, ...(after === undefined ? {} : { after }) })
    ids.push(...page.data.map(({ id }) => id))
    after = page.next
    if (!page.hasMore) return { ids, next: page.next }
  }
  throw new Error("the feed never ends")
}

describe("the feed", () => {
  test("gives every event once, oldest first, over hours and shards, whatever the size of a page", async () => {
    for (const limit of [1, 3, 7, 100]) {
      const world = createWorld()
      for (let n = 0; n < 40; n++) {
        await announceEvents(world.ports, [received(n)])
        await world.clock.advance(n % 3 === 0 ? 17 * 60_000 : 1)
      }
      const { ids } = await follow(world, { limit })
      expect(ids).toEqual(Array.from({ length: 40 }, (_, n) => `evt_${n}`))
    }
  })

  test("of a sparse log costs what it holds, not the hours it is kept, however far it is read back", async () => {
    const world = createWorld()
    await announceEvents(world.ports, [received(1)])
    await world.clock.advance(12 * day)
    await announceEvents(world.ports, [received(2)])
    await world.clock.advance(17 * day)
    let queries = 0
    const ask = world.engine.records.query
    const counted: typeof ask = (...asked) => {
      queries++
      return ask(...asked)
    }
    const records = { ...world.engine.records, query: counted }
    const ports = { ...world.ports, records }
    expect(await readFeed(ports, admin, query)).toMatchObject({
      data: [{ id: "evt_1" }, { id: "evt_2" }],
      hasMore: false,
    })
    expect(queries).toBeLessThan(12)
  })

  test("goes on from its cursor and is never without one", async () => {
    const world = createWorld()
    const empty = await readFeed(world.ports, admin, { ...query, since: world.clock.now() })
    expect(empty).toMatchObject({ data: [], hasMore: false })
    await world.clock.advance(5 * hour)
    await announceEvents(world.ports, [received(1)])
    const first = await follow(world, { after: empty.next })
    expect(first.ids).toEqual(["evt_1"])
    await world.clock.advance(3 * day)
    await announceEvents(world.ports, [received(2)])
    expect((await follow(world, { after: first.next })).ids).toEqual(["evt_2"])
  })

  test("has no gap while writers are slow and indexes lag", async () => {
    const world = createWorld({ lagMs: 5_000, disorder: { seed: 1, lagIndexMs: 1_000 } })
    const seen: string[] = []
    let after = new Date(world.clock.now()).toISOString()
    for (let n = 0; n < 60; n++) {
      const stamp = world.ports.eventClock.stamp()
      await announceEvents(world.ports, [received(n)])
      await world.clock.advance(700)
      stamp.done()
      const page = await readFeed(world.ports, admin, { ...query, after })
      seen.push(...page.data.map(({ id }) => id))
      after = page.next
    }
    await world.clock.advance(10_000)
    seen.push(...(await follow(world, { after })).ids)
    expect(seen).toEqual(Array.from({ length: 60 }, (_, n) => `evt_${n}`))
  })

  test("an event still being written holds the feed back before it, not after", async () => {
    const world = createWorld()
    await announceEvents(world.ports, [received(1)])
    await world.clock.advance(1_000)
    const open = world.ports.eventClock.stamp()
    await world.clock.advance(1_000)
    await announceEvents(world.ports, [received(2)])
    const before = await follow(world)
    expect(before.ids).toEqual(["evt_1"])
    open.done()
    expect((await follow(world, { after: before.next })).ids).toEqual(["evt_2"])
  })

  test("filters by type, account and tenant; a filtered page may be empty and still go on", async () => {
    const world = createWorld()
    await announceEvents(world.ports, [
      received(1),
      received(2, { type: "message.sent", account: "other", tenant: "t1" }),
      received(3, { type: "message.queued" }),
      received(4, { type: "account.failed", tenant: "t1" }),
    ])
    expect((await follow(world)).ids.sort()).toEqual(["evt_1", "evt_2", "evt_4"])
    expect((await follow(world, { types: ["message.queued"] })).ids).toEqual(["evt_3"])
    expect((await follow(world, { types: ["account.*"], limit: 1 })).ids).toEqual(["evt_4"])
    expect((await follow(world, { account: "other" })).ids).toEqual(["evt_2"])
    expect((await follow(world, { tenant: "t1" })).ids.sort()).toEqual(["evt_2", "evt_4"])
  })

  test("shows a bound key only what is its own, and tests only where asked for or by a test key", async () => {
    const world = createWorld()
    await announceEvents(world.ports, [
      received(1),
      received(2, { account: "other", tenant: "t1" }),
      received(3, { test: true }),
      received(4, { account: null }),
    ])
    expect((await follow(world, {}, bound({ accounts: ["acme"] }))).ids).toEqual(["evt_1"])
    expect((await follow(world, {}, bound({ tenants: ["t1"] }))).ids).toEqual(["evt_2"])
    expect((await follow(world, {}, bound({ test: true }))).ids).toEqual(["evt_3"])
    expect((await follow(world, { test: true })).ids).toEqual(["evt_3"])
  })

  test("waits for a first event and answers as soon as there is one", async () => {
    const world = createWorld()
    await world.clock.advance(1)
    const { next } = await follow(world)
    const waiting = readFeed(world.ports, admin, { ...query, after: next, waitMs: 20_000 })
    await world.clock.advance(4_000)
    await announceEvents(world.ports, [received(1)])
    const started = world.clock.now()
    await world.clock.advance(1_000)
    expect((await waiting).data.map(({ id }) => id)).toEqual(["evt_1"])
    expect(world.clock.now() - started).toBeLessThanOrEqual(1_000)
  })

  test("gives up waiting in time, empty, with a cursor", async () => {
    const world = createWorld()
    const { next } = await follow(world)
    const waiting = readFeed(world.ports, admin, { ...query, after: next, waitMs: 20_000 })
    await world.clock.advance(20_000)
    expect(await waiting).toMatchObject({ data: [], hasMore: false })
    expect(world.clock.sleeping).toBe(0)
  })

  test("a cursor older than events are kept is refused, naming where they begin", async () => {
    const world = createWorld()
    const { next } = await follow(world)
    await world.clock.advance(31 * day)
    await expect(readFeed(world.ports, admin, { ...query, after: next })).rejects.toMatchObject({
      code: "cursor_expired",
      options: { extra: { first_event: new Date(world.clock.now() - 30 * day).toISOString() } },
    })
  })

  test("a since older than events are kept begins where they begin", async () => {
    const world = createWorld()
    await announceEvents(world.ports, [received(1)])
    expect((await follow(world, { since: 0 })).ids).toEqual(["evt_1"])
  })
})

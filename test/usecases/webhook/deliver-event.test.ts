import { announceEvents } from "@postrider/core/event/announce-events"
import type { WebhookOutcome } from "@postrider/core/ports/webhook-sender"
import { deleteEndpoint } from "@postrider/core/webhook/delete-endpoint"
import { deliverEvent } from "@postrider/core/webhook/deliver-event"
import { disableEndpoint } from "@postrider/core/webhook/disable-endpoint"
import { enableEndpoint } from "@postrider/core/webhook/enable-endpoint"
import { listAttempts } from "@postrider/core/webhook/list-attempts"
import { describe, expect, test } from "vitest"
import { admin, answered, createWorld, day, hour, minute, received } from "./world.ts"

const refusal: WebhookOutcome = { kind: "failed", reason: "address_not_allowed", detail: "may not", durationMs: 1 }
const typesTo = (world: ReturnType<typeof createWorld>, id: string) =>
  world.posted.filter(({ request }) => request.url.includes(`//${id}.`)).map(({ body }) => JSON.parse(body).type)

describe("a delivery", () => {
  test("posts the event once, records the attempt and ends", async () => {
    const { ports, posted, endpoint, work, engine } = createWorld()
    await endpoint("shop")
    await announceEvents(ports, [received(1)])
    expect(await work()).toBe(0)
    expect(posted).toHaveLength(1)
    expect(posted[0]?.request).toMatchObject({ url: "https://shop.test/hook", id: "evt_1", timeoutMs: 15_000 })
    expect(posted[0]?.request.headers).toMatchObject({ "webhook-attempt": "1", "webhook-trigger": "scheduled" })
    expect(JSON.parse(posted[0]?.body ?? "")).toMatchObject({ id: "evt_1", data: { text: "mail 1" }, truncated: [] })
    const { data } = await listAttempts(ports, admin, { id: "shop", limit: 10 })
    expect(data).toMatchObject([
      { event: "evt_1", attempt: 1, outcome: "delivered", status: 200, next_attempt_at: null },
    ])
    expect(await engine.jobs.depth("webhook")).toMatchObject({ waiting: 0, delayed: 0, running: 0, dead: 0 })
  })

  test("of a large event reads it from the log and sends the same bytes at each attempt", async () => {
    const { ports, posted, endpoint, work, pass, world } = createWorld({ answer: () => answered(500) })
    await endpoint("shop", { body: "full" })
    const data = { id: "in_1", html: "é".repeat(40_000) }
    await ports.content.put("inbound/a/event.json", new TextEncoder().encode(JSON.stringify(data)))
    const { data: _, ...event } = received(1)
    await announceEvents(ports, [{ ...event, dataKey: "inbound/a/event.json" }])
    await work()
    world.answer = () => answered(200)
    await pass(2 * minute)
    expect(posted).toHaveLength(2)
    expect(posted[0]?.body).toBe(posted[1]?.body)
    expect(JSON.parse(posted[0]?.body ?? "").data).toEqual(data)
  })

  test("to an endpoint that is gone ends, and the list forgets it", async () => {
    const { ports, posted, endpoint, work, engine } = createWorld()
    await endpoint("shop")
    await announceEvents(ports, [received(1)])
    await engine.records.delete("ep#shop")
    await work()
    expect(posted).toHaveLength(0)
    expect((await engine.records.get("cfg#endpoints"))?.body).toEqual({ endpoints: [] })
  })

  test("that was recorded is not posted again when its job comes a second time", async () => {
    const { ports, posted, endpoint, work } = createWorld()
    await endpoint("shop")
    await announceEvents(ports, [received(1)])
    await work()
    const job = {
      type: "deliver_event.v1",
      event: "evt_1",
      endpoint: "shop",
      attempt: 1,
      trigger: "scheduled",
    } as const
    expect(await deliverEvent(ports, job, { receives: 2 })).toEqual({ kind: "done" })
    expect(posted).toHaveLength(1)
  })
})

describe("failures", () => {
  test("of any other kind than 410 are tried again", async () => {
    for (const status of [301, 400, 401, 404, 422, 500, 502]) {
      const { ports, posted, endpoint, work, pass, world } = createWorld({ answer: () => answered(status) })
      await endpoint("shop")
      await announceEvents(ports, [received(1)])
      await work()
      world.answer = () => answered(204)
      await pass(2 * minute)
      expect(posted.map(({ request }) => request.headers["webhook-attempt"])).toEqual(["1", "2"])
    }
  })

  test("410 disables the endpoint at once, others hear of it, and nothing is lost", async () => {
    const created = createWorld({ answer: ({ request }) => answered(request.url.includes("//shop.") ? 410 : 200) })
    const { ports, posted, endpoint, work, pass, stored, world } = created
    await endpoint("shop")
    await endpoint("watch", { types: ["endpoint.*"] })
    await announceEvents(ports, [received(1)])
    await work()
    expect(await stored("shop")).toMatchObject({ state: "disabled", disabled_reason: "gone" })
    expect(typesTo(created, "watch")).toEqual(["endpoint.disabled"])
    await announceEvents(ports, [received(2)])
    await pass(2 * hour)
    expect(typesTo(created, "shop")).toHaveLength(1)

    world.answer = () => answered(200)
    posted.length = 0
    await enableEndpoint(ports, admin, "shop")
    await pass(5 * minute)
    const ids = posted.filter(({ request }) => request.url.includes("//shop.")).map(({ request }) => request.id)
    expect(new Set(ids)).toEqual(new Set(["evt_1", "evt_2"]))
    expect((await stored("shop")).replay).toBeNull()
  })

  test("429 and 503 with Retry-After pause the endpoint, not the one event, and cost the others no attempt", async () => {
    for (const status of [429, 503]) {
      const { ports, posted, clock, endpoint, work, pass, world } = createWorld({
        answer: () => answered(status, 2 * hour),
      })
      await endpoint("shop")
      await announceEvents(ports, [received(1)])
      await work()
      const paused = clock.now()
      await announceEvents(ports, [received(2)])
      world.answer = () => answered(200)
      await pass(5 * hour)
      expect(posted).toHaveLength(3)
      for (const { at } of posted.slice(1)) expect(at).toBeGreaterThanOrEqual(paused + 2 * hour)
      const second = posted.find(({ request }) => request.id === "evt_2")
      expect(second?.request.headers["webhook-attempt"]).toBe("1")
    }
  })

  test("an address that may not be reached is no attempt, but flags the endpoint; events wait", async () => {
    const { ports, posted, endpoint, work, pass, stored, world } = createWorld({ answer: () => refusal })
    await endpoint("shop")
    await announceEvents(ports, [received(1)])
    await work()
    expect(await stored("shop")).toMatchObject({ state: "failing", last_error: { reason: "address_not_allowed" } })
    expect((await listAttempts(ports, admin, { id: "shop", limit: 10 })).data).toEqual([])
    world.answer = () => answered(200)
    await pass(hour)
    expect(posted.at(-1)?.request.headers["webhook-attempt"]).toBe("1")
    expect(await stored("shop")).toMatchObject({ state: "enabled", last_error: null })
  })

  test("five in a row make the endpoint failing, a success makes it recovered, and each is told once", async () => {
    const created = createWorld({ answer: ({ request }) => answered(request.url.includes("//shop.") ? 500 : 200) })
    const { ports, endpoint, work, pass, stored, world } = created
    await endpoint("shop", { types: ["message.*"] })
    await endpoint("watch", { types: ["endpoint.*"] })
    await announceEvents(
      ports,
      Array.from({ length: 8 }, (_, n) => received(n)),
    )
    await work()
    expect(await stored("shop")).toMatchObject({ state: "failing" })
    world.answer = () => answered(200)
    await pass(2 * hour)
    expect(await stored("shop")).toMatchObject({ state: "enabled", consecutive_failures: 0 })
    expect(typesTo(created, "watch")).toEqual(["endpoint.failing", "endpoint.recovered"])
  })

  test("five days without success disable the endpoint; a count alone never does", async () => {
    const created = createWorld({ answer: ({ request }) => answered(request.url.includes("//shop.") ? 500 : 200) })
    const { ports, endpoint, work, pass, stored } = created
    await endpoint("shop", { types: ["message.*"] })
    await endpoint("watch", { types: ["endpoint.disabled"] })
    await announceEvents(
      ports,
      Array.from({ length: 200 }, (_, n) => received(n)),
    )
    await work()
    await pass(4 * day, 5 * minute)
    expect(await stored("shop")).toMatchObject({ state: "failing" })
    await pass(2 * day, 5 * minute)
    await announceEvents(ports, [received("late")])
    await pass(day, 5 * minute)
    expect(await stored("shop")).toMatchObject({ state: "disabled", disabled_reason: "no_success" })
    expect(typesTo(created, "watch")).toEqual(["endpoint.disabled"])
  })
})

describe("waiting", () => {
  test("a job over the cap comes back without costing an attempt, and no endpoint holds up another", async () => {
    const gate = Promise.withResolvers<WebhookOutcome>()
    const { ports, posted, endpoint, engine, pass } = createWorld({
      answer: ({ request }) => (request.url.includes("//slow.") ? gate.promise : answered(200)),
    })
    await endpoint("slow", { max_in_flight: 2 })
    await endpoint("fast")
    await announceEvents(
      ports,
      [1, 2, 3, 4].map((n) => received(n)),
    )
    const jobs = await engine.source.receive("webhook", { max: 10, waitMs: 0, visibilityMs: minute, maxReceives: 5 })
    const runs = jobs.map(async (job) => job.settle(await deliverEvent(ports, job.body as never, { receives: 1 })))
    while (posted.length < 6) await new Promise((resolve) => setImmediate(resolve))
    expect(posted.filter(({ request }) => request.url.includes("//fast."))).toHaveLength(4)
    expect(posted.filter(({ request }) => request.url.includes("//slow."))).toHaveLength(2)
    gate.resolve(answered(200))
    await Promise.all(runs)
    await pass(minute)
    const slow = posted.filter(({ request }) => request.url.includes("//slow."))
    expect(slow.map(({ request }) => request.id).sort()).toEqual(["evt_1", "evt_2", "evt_3", "evt_4"])
    expect(slow.every(({ request }) => request.headers["webhook-attempt"] === "1")).toBe(true)
  })

  test("a job that waits for long does not use up its receives", async () => {
    const { ports, posted, endpoint, work, pass, engine, world } = createWorld({ answer: () => refusal })
    await endpoint("shop")
    await announceEvents(ports, [received(1)])
    await work()
    await pass(4 * day, 5 * minute)
    world.answer = () => answered(200)
    await pass(hour)
    expect(posted.at(-1)?.at).toBeGreaterThan(0)
    expect(await engine.jobs.depth("webhook")).toMatchObject({ waiting: 0, delayed: 0, dead: 0 })
    expect((await listAttempts(ports, admin, { id: "shop", limit: 10 })).data).toHaveLength(1)
  })

  test("a disabled endpoint gets on enable what it missed, each event once, also with lagging indexes", async () => {
    const created = createWorld({ lagMs: 5_000, disorder: { seed: 3, lagIndexMs: 900, shuffleJobs: true } })
    const { ports, posted, clock, endpoint, work, pass, stored } = created
    await endpoint("shop", { types: ["message.received"] })
    await announceEvents(ports, [received("before")])
    await work()
    await pass(10 * minute)
    await disableEndpoint(ports, admin, "shop")
    for (let n = 0; n < 250; n++) await announceEvents(ports, [received(n)])
    await announceEvents(ports, [received("other", { type: "message.sent" })])
    await pass(3 * hour, 10 * minute)
    for (let n = 250; n < 260; n++) await announceEvents(ports, [received(n)])
    expect(posted).toHaveLength(1)
    await enableEndpoint(ports, admin, "shop")
    await clock.advance(100)
    await announceEvents(ports, [received("after")])
    await pass(10 * minute)
    const ids = posted.slice(1).map(({ request }) => request.id)
    expect(ids).toHaveLength(261)
    expect(new Set(ids).size).toBe(261)
    expect((await stored("shop")).replay).toBeNull()
  })

  test("a deleted endpoint gets nothing more", async () => {
    const { ports, posted, endpoint, work } = createWorld()
    await endpoint("shop")
    await announceEvents(ports, [received(1)])
    await deleteEndpoint(ports, admin, { id: "shop", when: undefined })
    await announceEvents(ports, [received(2)])
    await work()
    expect(posted).toHaveLength(0)
  })
})

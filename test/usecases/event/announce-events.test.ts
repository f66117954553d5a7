import { announceEvents } from "@postrider/core/event/announce-events"
import type { EventRecord } from "@postrider/core/event/event"
import { describe, expect, test } from "vitest"
import { createWorld, hour, received } from "../webhook/world.ts"

async function jobsOf({ engine }: ReturnType<typeof createWorld>) {
  const taken = await engine.source.receive("webhook", { max: 100, waitMs: 0, visibilityMs: 60_000, maxReceives: 5 })
  return taken.map(({ body }) => body as { event: string; endpoint: string; body?: string })
}

describe("announcing", () => {
  test("makes one job for each endpoint that wants the event, its body in the form of the endpoint", async () => {
    const world = createWorld()
    await world.endpoint("all")
    await world.endpoint("thin", { body: "metadata" })
    await world.endpoint("other", { types: ["account.*"] })
    await announceEvents(world.ports, [received(1)])
    const jobs = await jobsOf(world)
    expect(jobs.map(({ endpoint }) => endpoint).sort()).toEqual(["all", "thin"])
    const data = (id: string) => JSON.parse(jobs.find(({ endpoint }) => endpoint === id)?.body ?? "").data
    expect(data("all")).toEqual({ id: "in_1", text: "mail 1" })
    expect(data("thin")).toEqual({ id: "in_1" })
  })

  test("puts no body over 32 KB into a job", async () => {
    const world = createWorld()
    await world.endpoint("all", { body: "full" })
    const data = { id: "in_1", html: "é".repeat(16_400) }
    await announceEvents(world.ports, [
      received(1, { data: { ...data, html: "e".repeat(32_000) } }),
      received(2, { data }),
    ])
    const jobs = await jobsOf(world)
    expect(jobs.map(({ event, body }) => [event, body !== undefined]).sort()).toEqual([
      ["evt_1", true],
      ["evt_2", false],
    ])
  })

  test("the same event again adds nothing to the log, keeps its time, and makes sure of the jobs", async () => {
    const world = createWorld()
    await world.endpoint("all")
    await announceEvents(world.ports, [received(1)])
    await world.clock.advance(5_000)
    await announceEvents(world.ports, [received(1)])
    const jobs = await jobsOf(world)
    expect(jobs).toHaveLength(2)
    expect(jobs[0]?.body).toBe(jobs[1]?.body)
    expect((await world.engine.records.get("evt#evt_1"))?.v).toBe(1)
  })

  test("a write that took longer than 3 s takes a new time, so that no reader misses it", async () => {
    const world = createWorld({ lagMs: 5_000 })
    const { records } = world.engine
    let slow = 1
    const put: typeof records.put = async (record, when) => {
      if (slow-- > 0) await world.clock.advance(4_000)
      return records.put(record, when)
    }
    const start = world.clock.now()
    await announceEvents({ ...world.ports, records: { ...records, put } }, [received(1)])
    const stored = await records.get<EventRecord>("evt#evt_1")
    expect(Date.parse(stored?.body.timestamp ?? "")).toBeGreaterThanOrEqual(start + 4_000)
    expect(stored?.index?.day?.sort).toBe(`${stored?.body.timestamp}#evt_1`)
    expect(world.ports.eventClock.watermark()).toBeGreaterThanOrEqual(start - 1_000)
  })

  test("a log that never gets faster is a fault after five tries, and holds nothing up", async () => {
    const world = createWorld()
    const { records } = world.engine
    const put: typeof records.put = async (record, when) => {
      await world.clock.advance(4_000)
      return records.put(record, when)
    }
    const attempt = announceEvents({ ...world.ports, records: { ...records, put } }, [received(1)])
    await expect(attempt).rejects.toMatchObject({ code: "overloaded" })
    expect(world.ports.eventClock.watermark()).toBeGreaterThanOrEqual(world.clock.now())
  })

  test("costs one write an event and one an hour, one read of the endpoints and one send, however many endpoints there are", async () => {
    const world = createWorld()
    for (let n = 0; n < 20; n++) await world.endpoint(`e${n}`)
    const calls: string[] = []
    const counted = <T extends object>(port: T, name: string): T =>
      new Proxy(port, {
        get: (target, key, receiver) => {
          calls.push(`${name}.${String(key)}`)
          return Reflect.get(target, key, receiver)
        },
      })
    const ports = {
      ...world.ports,
      records: counted(world.ports.records, "records"),
      jobs: counted(world.ports.jobs, "jobs"),
    }
    const callsOf = async (...numbers: number[]) => {
      calls.length = 0
      await announceEvents(
        ports,
        numbers.map((n) => received(n)),
      )
      return calls.toSorted()
    }
    const two = ["jobs.send", "records.get", "records.put", "records.put"]
    expect(await callsOf(1, 2)).toEqual([...two, "records.put"])
    expect(await callsOf(3, 4)).toEqual(two)
    await world.clock.advance(hour)
    expect(await callsOf(5, 6)).toEqual([...two, "records.put"])
  })

  test("an event expires when events are no longer kept", async () => {
    const world = createWorld()
    await announceEvents(world.ports, [received(1)])
    const stored = await world.engine.records.get<EventRecord>("evt#evt_1")
    expect(stored?.expiresAt).toBe(Date.parse(stored?.body.timestamp ?? "") + world.ports.limits.keepEventsMs)
  })
})

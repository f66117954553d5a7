import { announceEvents } from "@postrider/core/event/announce-events"
import { disableEndpoint } from "@postrider/core/webhook/disable-endpoint"
import { enableEndpoint } from "@postrider/core/webhook/enable-endpoint"
import { describe, expect, test } from "vitest"
import type { FaultMode } from "./faults.ts"
import { admin, answered, createWorld, type Posted, received, type WorldOptions } from "./world.ts"

const modes: FaultMode[] = ["before", "after"]
const minute = 60_000
const events = [received(1), received(2)]
const endpoints = ["one", "two"]

function expectAll(posted: readonly Posted[], ids: readonly string[]): void {
  for (const endpoint of endpoints) {
    const got = posted.filter(({ request }) => request.url.includes(`//${endpoint}.`))
    for (const id of ids) {
      const bodies = got.filter(({ request }) => request.id === id).map(({ body }) => body)
      expect(bodies.length, `${id} at ${endpoint}`).toBeGreaterThan(0)
      expect(new Set(bodies).size, `bytes of ${id} at ${endpoint}`).toBe(1)
    }
  }
}

async function world(options: WorldOptions = {}) {
  const created = createWorld(options)
  for (const id of endpoints) await created.endpoint(id, { types: ["message.*", "endpoint.*"] })
  return created
}

/** Runs `scenario` with a fault at the 1st, 2nd, … call until a run ends without meeting it. */
async function strikeEach(scenario: (n: number) => Promise<boolean>): Promise<number> {
  let n = 0
  while (await scenario(++n)) expect(n).toBeLessThan(400)
  return n - 1
}

describe.each(modes)("a crash %s any call", (mode) => {
  test("of announcing loses no event once the announcement is repeated", async () => {
    const crashes = await strikeEach(async (n) => {
      const { ports, faults, posted, work } = await world()
      faults.arm(n, mode)
      await announceEvents(ports, events).catch(() => announceEvents(ports, events))
      faults.disarm()
      await work()
      expectAll(posted, ["evt_1", "evt_2"])
      return faults.struck
    })
    expect(crashes).toBe(4)
  })

  test("of delivering loses no event", async () => {
    const crashes = await strikeEach(async (n) => {
      const { ports, faults, posted, work, pass } = await world()
      await announceEvents(ports, events)
      faults.arm(n, mode)
      await work()
      faults.disarm()
      await pass(2 * minute)
      expectAll(posted, ["evt_1", "evt_2"])
      return faults.struck
    })
    expect(crashes).toBeGreaterThan(10)
  })

  test("of failing and trying again loses no event and buries no job", async () => {
    const crashes = await strikeEach(async (n) => {
      let failures = 0
      const { ports, engine, faults, posted, work, pass } = await world({
        answer: () => answered(failures++ < 4 ? 500 : 200),
      })
      await announceEvents(ports, events)
      faults.arm(n, mode)
      await work()
      await pass(minute, 10_000)
      faults.disarm()
      await pass(10 * minute)
      expectAll(posted, ["evt_1", "evt_2"])
      expect((await engine.jobs.depth("webhook")).dead).toBe(0)
      return faults.struck
    })
    expect(crashes).toBeGreaterThan(20)
  })

  test("of being disabled by 410 loses neither the event nor the notice", async () => {
    const crashes = await strikeEach(async (n) => {
      const created = await world({ answer: ({ request }) => answered(request.url.includes("//one.") ? 410 : 200) })
      const { ports, faults, posted, work, pass, stored } = created
      await announceEvents(ports, events)
      faults.arm(n, mode)
      await work()
      faults.disarm()
      await pass(minute)
      expect((await stored("one")).state).toBe("disabled")
      const notices = posted.filter(({ body }) => JSON.parse(body).type === "endpoint.disabled")
      expect(new Set(notices.map(({ request }) => request.id)).size).toBe(1)
      created.world.answer = () => answered(200)
      await enableEndpoint(ports, admin, "one")
      await pass(5 * minute)
      expectAll(
        posted.filter(
          ({ request }) => request.headers["webhook-trigger"] !== "scheduled" || request.url.includes("//two."),
        ),
        ["evt_1", "evt_2"],
      )
      return faults.struck
    })
    expect(crashes).toBeGreaterThan(20)
  })

  test("of enabling loses nothing that was missed, once the call is repeated", async () => {
    const crashes = await strikeEach(async (n) => {
      const { ports, faults, posted, work, pass } = await world()
      for (const id of endpoints) await disableEndpoint(ports, admin, id)
      await announceEvents(ports, events)
      faults.arm(n, mode)
      for (const id of endpoints) await enableEndpoint(ports, admin, id).catch(() => enableEndpoint(ports, admin, id))
      await work()
      await pass(2 * minute)
      faults.disarm()
      await pass(10 * minute)
      expectAll(posted, ["evt_1", "evt_2"])
      return faults.struck
    })
    expect(crashes).toBeGreaterThan(20)
  })
})

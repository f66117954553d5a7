import type { DeliverEventJob } from "@postrider/core/job/job"
import type { WebhookOutcome } from "@postrider/core/ports/webhook-sender"
import { type DeliverEventPorts, deliverEvent } from "@postrider/core/webhook/deliver-event"
import { createInFlight } from "@postrider/core/webhook/in-flight"
import { describe, expect, test } from "vitest"
import { answered, createWorld, minute } from "./world.ts"

const jobTo = (endpoint: string, n: number): DeliverEventJob => ({
  type: "deliver_event.v1",
  ...{ event: `evt_${n}`, endpoint, attempt: 1, trigger: "scheduled", body: `{"n":${n}}` },
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe("a hundred deliveries to one endpoint that fail at the same moment", () => {
  /** `processes` workers that share the stores; what their runs came to. */
  async function failTogether(processes: number) {
    const gate = Promise.withResolvers<WebhookOutcome>()
    const created = createWorld({ answer: () => gate.promise })
    await created.endpoint("shop", { max_in_flight: 100 })
    await created.work()
    const workers = Array.from(
      { length: processes },
      (): DeliverEventPorts => ({ ...created.ports, inFlight: createInFlight() }),
    )
    const runs = Array.from({ length: 100 }, (_, n) =>
      deliverEvent(workers[n % processes] ?? created.ports, jobTo("shop", n), { receives: 1 }),
    )
    while (created.posted.length < 100) await turn()
    gate.resolve(answered(500))
    const results = await Promise.allSettled(runs)
    const { stored, engine } = created
    return { stored, engine, results }
  }

  test("all count, none throws, each comes back by the schedule", async () => {
    const { results, stored, engine } = await failTogether(1)
    expect(results.filter(({ status }) => status === "rejected")).toEqual([])
    expect(await stored("shop")).toMatchObject({ state: "failing", consecutive_failures: 100 })
    expect(await engine.jobs.depth("webhook")).toMatchObject({ waiting: 0, delayed: 100 })
  })

  test("in a hundred processes: none throws, each comes back by the schedule, once", async () => {
    const { results, stored, engine } = await failTogether(100)
    expect(results.filter(({ status }) => status === "rejected")).toEqual([])
    expect(await stored("shop")).toMatchObject({ state: "failing" })
    expect(await engine.jobs.depth("webhook")).toMatchObject({ waiting: 0, delayed: 100 })
  })
})

describe("more deliveries than an endpoint may have at a time", () => {
  /** Works off 2,000 jobs with 50 hands and a receiver that takes `tookMs`; job runs and seconds until all are delivered. */
  async function workOff(tookMs: number): Promise<{ runs: number; seconds: number }> {
    const { clock, engine, ports, posted, endpoint, work, world } = createWorld()
    await endpoint("slow", { max_in_flight: 8 })
    await work()
    let delivered = 0
    world.answer = async () => {
      await clock.sleep(tookMs)
      delivered++
      return answered(200)
    }
    const jobs = Array.from({ length: 2_000 }, (_, n) => ({ job: jobTo("slow", n), group: "slow" }))
    await engine.jobs.send(jobs)
    const start = clock.now()
    let runs = 0
    let busy = 0
    const take = async () => {
      while (busy < 50) {
        const wanted = { max: Math.min(10, 50 - busy), waitMs: 0, visibilityMs: 60 * minute, maxReceives: 5 }
        const taken = await engine.source.receive("webhook", wanted)
        if (taken.length === 0) return
        for (const received of taken) {
          runs++
          busy++
          void deliverEvent(ports, received.body as never, { receives: received.receives })
            .then((disposition) => received.settle(disposition))
            .finally(() => busy--)
        }
        await turn()
      }
    }
    while (delivered < 2_000 && clock.now() - start < 3 * 60 * minute) {
      await take()
      await clock.advance(500)
    }
    expect(posted).toHaveLength(2_000)
    return { runs, seconds: (clock.now() - start) / 1_000 }
  }

  test("a slow endpoint's line is asked a few times per delivery, not every few seconds, and keeps the endpoint busy", async () => {
    const { runs, seconds } = await workOff(6_000)
    const least = (2_000 * 6) / 8
    expect(runs).toBeLessThan(6 * 2_000)
    expect(seconds).toBeLessThan(1.6 * least)
  })

  test("a quick endpoint's line is not held back", async () => {
    const { seconds } = await workOff(100)
    expect(seconds).toBeLessThan(6 * ((2_000 * 0.5) / 8))
  })

  test("5,000 that wait for hours are asked at times spread over the longest a queue can wait", () => {
    const line = createInFlight()
    line.enter("slow", 2, 0)
    for (let n = 0, now = 0; n < 30; n++, now += 15_000) line.enter("slow", 2, now)?.(now + 15_000)
    const moment = { now: 450_000, fraction: 0.5 }
    const delays = Array.from({ length: 5_000 }, (_, n) =>
      line.sendAway("slow", 1, { ...moment, fraction: (n * 0.618) % 1 }),
    )
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2_000)
    expect(Math.max(...delays)).toBeLessThanOrEqual(15 * minute)
    const late = delays.slice(1_000)
    for (let quarter = 1; quarter < 4; quarter++) {
      const within = late.filter(
        (delay) => delay > (quarter / 4) * 15 * minute && delay <= ((quarter + 1) / 4) * 15 * minute,
      )
      expect(within.length).toBeGreaterThan(800)
    }
    expect(line.sendAway("slow", 1, { now: moment.now + 16 * minute, fraction: 0.5 })).toBeLessThan(15_000)
  })
})

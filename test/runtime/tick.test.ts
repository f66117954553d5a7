import { type PlanRecord, planIntervalsId, planPart, planRecordId } from "@postrider/core/account/plan"
import { dueEntry } from "@postrider/core/record/due-index"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { newTickMemory, tick } from "@postrider/runtime/tick"
import { beforeEach, describe, expect, it } from "vitest"
import { createManualClock, type ManualClock } from "../support/manual-clock.ts"
import { type Life, startLife } from "../support/outbound-world.ts"
import { createPostboxSender } from "../support/postbox-sender.ts"

const minute = 60_000

describe("tick", () => {
  let clock: ManualClock
  let engine: ReturnType<typeof createMemoryEngine>
  let life: Life

  beforeEach(() => {
    clock = createManualClock()
    engine = createMemoryEngine({ clock })
    life = startLife({ engine, clock, sender: createPostboxSender() })
  })

  const wait = (id: string, at: number) =>
    engine.records.put({
      id: `wait#${id}`,
      body: {
        job: { type: "deliver_event.v1", event: id, endpoint: "ep_1", attempt: 2, trigger: "scheduled" },
        group: "ep_1",
      },
      index: { due: dueEntry(at, `wait#${id}`) },
    })
  const taken = async (queue: "outbound" | "poll" | "webhook"): Promise<unknown[]> => {
    const options = { max: 100, waitMs: 0, visibilityMs: minute, maxReceives: 5 }
    const jobs = await engine.source.receive(queue, options)
    for (const job of jobs) await job.settle({ kind: "done" })
    return jobs.map((job) => job.body)
  }
  const plan = async (account: string, seconds: number, phase = 0, offsetMs = 0): Promise<void> => {
    const body: PlanRecord = { account, host: "imap.demo.test", seconds, phase, offsetMs }
    const index = { owner: { part: planPart(seconds, phase), sort: account } }
    await engine.records.put({ id: planRecordId(account), body: { ...body }, index })
  }

  it("sends what is due, once, and nothing before its time", async () => {
    const memory = newTickMemory()
    await wait("early", clock.now() + 20 * minute)
    await wait("late", clock.now() + 40 * minute)
    await tick(life.ports, memory)
    expect(await taken("webhook")).toHaveLength(0)
    await clock.advance(20 * minute)
    await tick(life.ports, memory)
    await tick(life.ports, memory)
    expect(await taken("webhook")).toHaveLength(1)
    await clock.advance(20 * minute)
    await tick(life.ports, memory)
    expect(await taken("webhook")).toHaveLength(1)
  })

  it("a tick that was missed for days heals itself", async () => {
    await tick(life.ports, newTickMemory())
    await wait("slept", clock.now() + 30 * minute)
    await clock.advance(3 * 24 * 60 * minute)
    await tick(life.ports, newTickMemory())
    expect(await taken("webhook")).toHaveLength(1)
  })

  it("a wait written into a minute that was just swept is still found", async () => {
    const memory = newTickMemory()
    await clock.advance(90_000)
    await tick(life.ports, memory)
    await wait("behind", clock.now() - 45_000)
    await tick(life.ports, memory)
    expect(await taken("webhook")).toHaveLength(1)
  })

  it("polls each planned account once an interval, ten of a host a job", async () => {
    const memory = newTickMemory()
    await engine.records.put({ id: planIntervalsId, body: { seconds: [60] } })
    for (let n = 0; n < 25; n++) await plan(`acc${n}`, 60)
    await tick(life.ports, memory)
    await taken("poll")
    for (let n = 0; n < 60; n++) {
      await clock.advance(1000)
      await tick(life.ports, memory)
    }
    const jobs = (await taken("poll")) as { accounts: string[] }[]
    expect(jobs.map((job) => job.accounts.length)).toEqual([10, 10, 5])
    expect(new Set(jobs.flatMap((job) => job.accounts)).size).toBe(25)
  })

  it("an interval of several minutes is polled in its own minute only", async () => {
    const memory = newTickMemory()
    await engine.records.put({ id: planIntervalsId, body: { seconds: [300] } })
    await plan("third", 300, 3)
    await tick(life.ports, memory)
    await taken("poll")
    const minutes: number[] = []
    for (let n = 1; n <= 10; n++) {
      await clock.advance(minute)
      await tick(life.ports, memory)
      if ((await taken("poll")).length > 0) minutes.push(n % 5)
    }
    expect(minutes).toEqual([3, 3])
  })

  it("costs what is due and not what exists: ten thousand accounts elsewhere in the plan add no look-up", async () => {
    const counted = { queries: 0 }
    const records: typeof engine.records = {
      ...engine.records,
      query: (...args) => {
        counted.queries++
        return engine.records.query(...args)
      },
    }
    const ports = { ...life.ports, records }
    await engine.records.put({ id: planIntervalsId, body: { seconds: [3600] } })
    await tick(ports, newTickMemory())
    const few = counted.queries
    for (let n = 0; n < 10_000; n++) await plan(`acc${n}`, 3600, 30)
    counted.queries = 0
    await tick(ports, newTickMemory())
    expect(counted.queries).toBeLessThanOrEqual(few)
  })
})

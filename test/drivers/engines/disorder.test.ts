import type { Disorder } from "@postrider/engines/memory/disorder"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { describe, expect, it } from "vitest"
import { createManualClock } from "../../support/manual-clock.ts"

describe("the memory engine, on demand,", () => {
  it("delivers jobs in another order, the same one for the same seed", async () => {
    const first = await deliveries({ seed: 7, shuffleJobs: true })
    expect(first).not.toEqual(first.toSorted())
    expect(first.toSorted()).toEqual(await deliveries({ seed: 7 }))
    expect(await deliveries({ seed: 7, shuffleJobs: true })).toEqual(first)
    expect(await deliveries({ seed: 8, shuffleJobs: true })).not.toEqual(first)
  })

  it("delivers about the asked share of jobs twice", async () => {
    const some = await deliveries({ seed: 7, duplicateJobs: 0.3 })
    expect(new Set(some).size).toBe(100)
    expect(some.length).toBeGreaterThan(115)
    expect(some.length).toBeLessThan(145)
    expect(await deliveries({ seed: 7, duplicateJobs: 1 })).toHaveLength(200)
  })

  it("delivers jobs late, within the limit", async () => {
    const disorder = { seed: 7, delayJobsMs: 10_000 }
    expect((await deliveries(disorder)).length).toBeLessThan(10)
    expect(await deliveries(disorder, 10_000)).toHaveLength(100)
  })

  it("shows writes in queries late, and reads by id at once", async () => {
    const clock = createManualClock()
    const { records } = createMemoryEngine({ clock, disorder: { seed: 7, lagIndexMs: 1000 } })
    const query = async () =>
      (await records.query("owner", "p", { limit: 10, order: "asc" })).records.map(({ id }) => id)
    await records.put({ id: "a", body: 1, index: { owner: { part: "p", sort: "s" } } })
    expect(await records.get("a")).toBeDefined()
    expect(await query()).toEqual([])
    await clock.advance(1000)
    expect(await query()).toEqual(["a"])
    await records.put({ id: "a", body: 2 })
    expect(await query()).toEqual(["a"])
    await clock.advance(1000)
    expect(await query()).toEqual([])
  })
})

async function deliveries(disorder: Disorder, advanceMs = 0): Promise<string[]> {
  const clock = createManualClock()
  const { jobs, source } = createMemoryEngine({ clock, disorder })
  for (let n = 100; n < 200; n++) await jobs.send([{ job: { type: "deliver_message.v1", message: `out_${n}` } }])
  await clock.advance(advanceMs)
  const received = await source.receive("outbound", { max: 1000, waitMs: 0, visibilityMs: 1000, maxReceives: 3 })
  return received.map(({ body }) => (body as { message: string }).message)
}

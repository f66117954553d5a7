import { RelayError } from "@postrider/core/error/relay-error"
import type { Job } from "@postrider/core/job/job"
import { maxDelayMs } from "@postrider/core/ports/job-queue"
import { expect } from "vitest"
import type { ContractCase } from "./engine-contract.ts"
import {
  bodies,
  bury,
  countGroups,
  deliver,
  maxReceives,
  nameOf,
  receive,
  receiveAll,
  soon,
  toGroup,
  turns,
  visibilityMs,
} from "./job-queue-steps.ts"

/** What every JobQueue with a JobSource guarantees. */
export const jobQueueContract: readonly ContractCase[] = [
  {
    name: "a job is received as it was sent, once, and is gone when it is done",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("out_1") }])
      const [job, ...others] = await receive(engine)
      expect(others).toEqual([])
      expect(job).toMatchObject({ body: deliver("out_1"), receives: 1 })
      await job?.settle({ kind: "done" })
      await advance(visibilityMs * 2)
      expect(await receive(engine)).toEqual([])
    },
  },
  {
    name: "the type of a job names its queue",
    async run({ engine }) {
      const poll: Job = { type: "poll_accounts.v1", host: "imap.test", accounts: ["acc_1"] }
      const event: Job = {
        type: "deliver_event.v1",
        event: "evt_1",
        endpoint: "ep_1",
        attempt: 1,
        trigger: "scheduled",
      }
      await engine.jobs.send([{ job: event }, { job: deliver("out_1") }, { job: poll }])
      expect(bodies(await receive(engine, "poll"))).toEqual([poll])
      expect(bodies(await receive(engine, "webhook"))).toEqual([event])
      expect(bodies(await receive(engine, "outbound"))).toEqual([deliver("out_1")])
    },
  },
  {
    name: "all jobs of one call are sent, however many",
    async run({ engine }) {
      await engine.jobs.send([])
      await engine.jobs.send(Array.from({ length: 35 }, (_, n) => ({ job: deliver(`out_${n}`) })))
      const names = (await receiveAll(engine)).map(nameOf)
      expect(names.sort()).toEqual(Array.from({ length: 35 }, (_, n) => `out_${n}`).sort())
    },
  },
  {
    name: "fields that this version does not know are kept as they are",
    async run({ engine }) {
      const job = { ...deliver("out_1"), added_later: { text: "ünïcode 😀\u0000", list: [1, null] } }
      await engine.jobs.send([{ job }])
      expect(bodies(await receive(engine))).toEqual([job])
    },
  },
  {
    name: "a body of 32 KB rides along",
    async run({ engine }) {
      const job: Job = {
        type: "deliver_event.v1",
        event: "e",
        endpoint: "p",
        attempt: 1,
        trigger: "test",
        body: "é".repeat(16_384),
      }
      await engine.jobs.send(Array.from({ length: 10 }, () => ({ job })))
      expect(bodies(await receiveAll(engine, "webhook"))).toEqual(Array.from({ length: 10 }, () => job))
    },
  },
  {
    name: "a delayed job comes when its time has come, not before",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("later"), delayMs: 10_000 }, { job: deliver("now") }])
      expect((await receiveAll(engine)).map(nameOf)).toEqual(["now"])
      await advance(9_000)
      expect(await receive(engine)).toEqual([])
      await advance(1_000)
      expect((await receive(engine)).map(nameOf)).toEqual(["later"])
    },
  },
  {
    name: "a delay of 15 minutes is kept; a longer or negative one refuses the whole call",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("longest"), delayMs: maxDelayMs }])
      for (const delayMs of [maxDelayMs + 1, -1, Number.NaN]) {
        const sent = engine.jobs.send([{ job: deliver("fine") }, { job: deliver("refused"), delayMs }])
        await expect(sent, String(delayMs)).rejects.toBeInstanceOf(RelayError)
      }
      expect(await receive(engine)).toEqual([])
      await advance(maxDelayMs)
      expect((await receiveAll(engine)).map(nameOf)).toEqual(["longest"])
    },
  },
  {
    name: "a running job is hidden, and comes again with one receive more when its visibility ends",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("out_1") }])
      const [first] = await receive(engine)
      expect(await receive(engine)).toEqual([])
      await advance(visibilityMs - 1_000)
      expect(await receive(engine)).toEqual([])
      await advance(1_000)
      const [second] = await receive(engine)
      expect(second).toMatchObject({ id: first?.id, body: deliver("out_1"), receives: 2 })
    },
  },
  {
    name: "extend keeps a running job hidden from now on, and an unknown id is no error",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("out_1") }])
      const [job] = await receive(engine)
      await advance(20_000)
      await engine.source.extend("outbound", job?.id ?? "", visibilityMs)
      await engine.source.extend("outbound", "0", visibilityMs)
      await advance(20_000)
      expect(await receive(engine)).toEqual([])
      await advance(10_000)
      expect(await receive(engine)).toHaveLength(1)
    },
  },
  {
    name: "retry brings a job back after its delay with one receive more",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("out_1") }])
      const [first] = await receive(engine)
      await first?.settle({ kind: "retry", delayMs: 5_000 })
      expect(await receive(engine)).toEqual([])
      await advance(5_000)
      const [second] = await receive(engine)
      expect(second).toMatchObject({ body: deliver("out_1"), receives: 2 })
      await second?.settle({ kind: "retry", delayMs: 0 })
      expect(await receive(engine)).toMatchObject([{ receives: 3 }])
    },
  },
  {
    name: "reject moves a job to the dead letters with the reason",
    async run({ engine, advance, now }) {
      await engine.jobs.send([{ job: deliver("out_1") }])
      const [job] = await receive(engine)
      await job?.settle({ kind: "reject", why: "unknown type" })
      const { letters } = await engine.source.deadLetters("outbound", { limit: 10 })
      const letter = { queue: "outbound", body: deliver("out_1"), why: "unknown type", receives: 1, at: now() }
      expect(letters).toEqual([{ ...letter, id: expect.any(String) }])
      await advance(visibilityMs)
      expect(await receive(engine)).toEqual([])
    },
  },
  {
    name: "a job that was received as often as allowed is buried instead of delivered",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("poison") }, { job: deliver("fine") }])
      for (let receives = 1; receives <= maxReceives; receives++) {
        const jobs = await receiveAll(engine)
        expect(jobs.find((job) => nameOf(job) === "poison")?.receives).toBe(receives)
        await jobs.find((job) => nameOf(job) === "fine")?.settle({ kind: "done" })
        await advance(visibilityMs)
      }
      expect(await receive(engine)).toEqual([])
      const { letters } = await engine.source.deadLetters("outbound", { limit: 10 })
      expect(letters).toMatchObject([{ body: deliver("poison"), receives: maxReceives }])
      expect(letters[0]?.why).not.toBe("")
    },
  },
  ...(["done", "retry", "reject"] as const).map(
    (kind): ContractCase => ({
      name: `settling as ${kind} does nothing once another receiver has the job`,
      async run({ engine, advance }) {
        await engine.jobs.send([{ job: deliver("out_1") }])
        const [stale] = await receive(engine)
        await advance(visibilityMs)
        const [current] = await receive(engine)
        expect(current?.receives).toBe(2)
        await stale?.settle(
          kind === "retry" ? { kind, delayMs: 0 } : kind === "done" ? { kind } : { kind, why: "late" },
        )
        expect(await receive(engine)).toEqual([])
        expect(await engine.jobs.depth("outbound")).toEqual({ waiting: 0, delayed: 0, running: 1, dead: 0 })
        await current?.settle({ kind: "done" })
        expect(await engine.jobs.depth("outbound")).toEqual({ waiting: 0, delayed: 0, running: 0, dead: 0 })
      },
    }),
  ),
  {
    name: "settling counts once: a retried job is not removed by a second answer",
    async run({ engine }) {
      await engine.jobs.send([{ job: deliver("out_1") }])
      const [job] = await receive(engine)
      await job?.settle({ kind: "retry", delayMs: 0 })
      await job?.settle({ kind: "done" })
      expect(await receive(engine)).toMatchObject([{ body: deliver("out_1"), receives: 2 }])
    },
  },
  {
    name: "a receiver whose visibility ended may still settle while nobody else has the job",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("out_1") }])
      const [job] = await receive(engine)
      await advance(visibilityMs * 2)
      await job?.settle({ kind: "done" })
      expect(await receive(engine)).toEqual([])
    },
  },
  {
    name: "receivers at once never get the same job, and none gets more than it asked for",
    async run({ engine }) {
      await engine.jobs.send(Array.from({ length: 40 }, (_, n) => ({ job: deliver(`out_${n}`), group: `g${n % 7}` })))
      const taken = await Promise.all(Array.from({ length: 10 }, () => receive(engine, "outbound", { max: 3 })))
      for (const jobs of taken) expect(jobs.length).toBeLessThanOrEqual(3)
      const rest = await receiveAll(engine)
      const names = [...taken.flat(), ...rest].map(nameOf)
      expect(names).toHaveLength(40)
      expect(new Set(names).size).toBe(40)
    },
  },
  {
    name: "a group with 10,000 jobs does not starve a group with one",
    needs: "fair_groups",
    async run({ engine }) {
      for (let sent = 0; sent < 10_000; sent += 1000) {
        await engine.jobs.send(Array.from({ length: 1000 }, (_, n) => toGroup("busy", sent + n)))
      }
      await engine.jobs.send([toGroup("quiet", 0), { job: deliver("without 0") }])
      const first = (await receive(engine, "outbound", { max: 3 })).map(nameOf)
      expect(first.sort()).toEqual(["busy 0", "quiet 0", "without 0"])
      await receive(engine, "outbound", { max: 50 })
      await engine.jobs.send([toGroup("quiet", 1)])
      expect((await receive(engine, "outbound", { max: 2 })).map(nameOf)).toContain("quiet 1")
    },
  },
  {
    name: "groups take turns, whichever sent first, also jobs that were delayed",
    needs: "fair_groups",
    async run({ engine, advance }) {
      for (const group of ["a", "b", "c"]) {
        const delayMs = group === "c" ? 1000 : 0
        await engine.jobs.send(Array.from({ length: 30 }, (_, n) => ({ ...toGroup(group, n), delayMs })))
      }
      expect(countGroups(await receive(engine, "outbound", { max: 10 }))).toEqual({ a: 5, b: 5 })
      await advance(1000)
      const next = countGroups(await receive(engine, "outbound", { max: 12 }))
      for (const group of ["a", "b", "c"]) expect(next[group]).toBeGreaterThanOrEqual(3)
    },
  },
  {
    name: "a waiting receive ends as soon as a job is sent",
    async run({ engine }) {
      const waiting = receive(engine, "outbound", { waitMs: 600_000 })
      await turns()
      await engine.jobs.send([{ job: deliver("out_1") }])
      expect((await soon(waiting)).map(nameOf)).toEqual(["out_1"])
    },
  },
  {
    name: "a waiting receive ends as soon as a job becomes due: delayed, retried or no longer held",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("delayed"), delayMs: 5_000 }])
      const first = receive(engine, "outbound", { waitMs: 600_000 })
      await turns()
      await advance(5_000)
      const [job] = await soon(first)
      await job?.settle({ kind: "retry", delayMs: 5_000 })
      const second = receive(engine, "outbound", { waitMs: 600_000 })
      await turns()
      await advance(5_000)
      expect(await soon(second)).toMatchObject([{ receives: 2 }])
      const third = receive(engine, "outbound", { waitMs: 600_000 })
      await turns()
      await advance(visibilityMs)
      expect(await soon(third)).toMatchObject([{ receives: 3 }])
    },
  },
  {
    name: "a job sent with a delay shorter than the others wakes a waiting receive in time",
    async run({ engine, advance }) {
      await engine.jobs.send([{ job: deliver("late"), delayMs: 60_000 }])
      const waiting = receive(engine, "outbound", { waitMs: 600_000 })
      await turns()
      await engine.jobs.send([{ job: deliver("early"), delayMs: 2_000 }])
      await advance(2_000)
      expect((await soon(waiting)).map(nameOf)).toEqual(["early"])
    },
  },
  {
    name: "a receive without jobs answers empty when its wait is over, not before",
    async run({ engine, advance }) {
      let over = false
      const waiting = receive(engine, "outbound", { waitMs: 10_000 }).finally(() => {
        over = true
      })
      await turns()
      await advance(9_000)
      expect(over).toBe(false)
      await advance(1_000)
      expect(await soon(waiting)).toEqual([])
    },
  },
  {
    name: "a receive whose signal aborts answers empty, and leaves the jobs to others",
    async run({ engine }) {
      const stop = new AbortController()
      const waiting = receive(engine, "outbound", { waitMs: 600_000, signal: stop.signal })
      await turns()
      stop.abort()
      expect(await soon(waiting)).toEqual([])
      expect(await receive(engine, "outbound", { waitMs: 600_000, signal: stop.signal })).toEqual([])
      await engine.jobs.send([{ job: deliver("out_1") }])
      expect(await receive(engine)).toHaveLength(1)
    },
  },
  {
    name: "closing the engine ends a waiting receive with nothing",
    async run({ engine }) {
      const waiting = receive(engine, "outbound", { waitMs: 600_000 })
      await turns()
      await engine.close()
      expect(await soon(waiting)).toEqual([])
    },
  },
  {
    name: "dead letters come in pages, oldest first, each once, of their own queue",
    async run({ engine }) {
      const names = Array.from({ length: 7 }, (_, n) => `out_${n}`)
      for (const name of names) await bury(engine, name)
      const found: string[] = []
      let after: string | undefined
      do {
        const page = await engine.source.deadLetters("outbound", { limit: 3, ...(after !== undefined && { after }) })
        expect(page.letters.length).toBeLessThanOrEqual(3)
        found.push(...page.letters.map(nameOf))
        after = page.next
      } while (after !== undefined && found.length < 20)
      expect(found).toEqual(names)
      expect((await engine.source.deadLetters("poll", { limit: 3 })).letters).toEqual([])
    },
  },
  {
    name: "redrive sends named dead letters again, or all of the queue, as fresh jobs, and tells how many",
    async run({ engine }) {
      for (const name of ["a", "b", "c"]) await bury(engine, name)
      const { letters } = await engine.source.deadLetters("outbound", { limit: 10 })
      const named = letters.filter((letter) => nameOf(letter) === "b").map(({ id }) => id)
      expect(await engine.source.redrive("outbound", [...named, "unknown"])).toBe(1)
      expect(await receiveAll(engine)).toMatchObject([{ body: deliver("b"), receives: 1 }])
      expect(await engine.source.redrive("webhook")).toBe(0)
      expect(await engine.source.redrive("outbound")).toBe(2)
      expect((await receiveAll(engine)).map(nameOf).sort()).toEqual(["a", "c"])
      expect((await engine.source.deadLetters("outbound", { limit: 10 })).letters).toEqual([])
    },
  },
  {
    name: "depth counts waiting, delayed, running and dead jobs of one queue",
    async run({ engine, advance }) {
      await bury(engine, "dead")
      await engine.jobs.send([{ job: deliver("a") }, { job: deliver("b") }, { job: deliver("c"), delayMs: 60_000 }])
      await receive(engine, "outbound", { max: 1 })
      expect(await engine.jobs.depth("outbound")).toEqual({ waiting: 1, delayed: 1, running: 1, dead: 1 })
      expect(await engine.jobs.depth("poll")).toEqual({ waiting: 0, delayed: 0, running: 0, dead: 0 })
      await advance(60_000)
      expect(await engine.jobs.depth("outbound")).toEqual({ waiting: 3, delayed: 0, running: 0, dead: 1 })
    },
  },
  {
    name: "jobs, delays, receives and dead letters are there after a reopen, and what was held is ready: its holder is gone",
    needs: "sole_owner",
    async run(harness) {
      await bury(harness.engine, "dead")
      await harness.engine.jobs.send([{ job: deliver("held") }])
      await receive(harness.engine)
      await harness.engine.jobs.send([{ job: deliver("later"), delayMs: 60_000 }, { job: deliver("now") }])
      await harness.reopen()
      const again = await receiveAll(harness.engine)
      expect(again.map((job) => [nameOf(job), job.receives]).sort()).toEqual([
        ["held", 2],
        ["now", 1],
      ])
      for (const job of again) await job.settle({ kind: "done" })
      await harness.advance(60_000)
      await harness.reopen()
      expect((await receiveAll(harness.engine)).map(nameOf)).toEqual(["later"])
      expect(await harness.engine.source.redrive("outbound")).toBe(1)
      expect((await receiveAll(harness.engine)).map(nameOf)).toEqual(["dead"])
    },
  },
]

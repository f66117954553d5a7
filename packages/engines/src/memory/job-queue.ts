import { type QueueName, queueNames } from "@postrider/core/job/job"
import type { Clock } from "@postrider/core/ports/clock"
import {
  type DeadLetter,
  type JobQueue,
  type JobSource,
  maxDelayMs,
  type ReceivedJob,
} from "@postrider/core/ports/job-queue"
import { checkJobs } from "../check-jobs.ts"
import { createJobWaiters } from "../job-waiters.ts"
import type { Disorder, Random } from "./disorder.ts"
import { createJobGroups, type JobGroups, type KeptJob } from "./job-groups.ts"

interface Buried {
  letter: DeadLetter
  job: KeptJob
}

interface Shelf {
  jobs: JobGroups
  dead: Buried[]
}

/** Jobs in maps, with the deliveries, turns and dead letters of the durable engines, and their disorder on demand. */
export function createJobs(clock: Clock, random: Random, disorder: Partial<Disorder>) {
  const shelves = new Map<QueueName, Shelf>(queueNames.map((name) => [name, { jobs: createJobGroups(), dead: [] }]))
  const waiters = createJobWaiters(clock)
  let sent = 0

  function shelf(queue: QueueName): Shelf {
    const found = shelves.get(queue) ?? { jobs: createJobGroups(), dead: [] }
    shelves.set(queue, found)
    return found
  }

  function add(queue: QueueName, job: { group: string; body: string; due: number }): void {
    const id = String(++sent)
    shelf(queue).jobs.add({ ...job, id, held: false, receives: 0 })
  }

  const queue: JobQueue = {
    async send(jobs) {
      const checked = checkJobs(jobs)
      for (const { queue: name, body, delayMs, group } of checked) {
        const copies = random() < (disorder.duplicateJobs ?? 0) ? 2 : 1
        for (let copy = 0; copy < copies; copy++) {
          const lateMs = Math.floor(random() * (disorder.delayJobsMs ?? 0))
          add(name, { group, body, due: clock.now() + delayMs + lateMs })
        }
      }
      for (const name of new Set(checked.map((job) => job.queue))) waiters.wake(name)
    },
    async depth(name) {
      const now = clock.now()
      const { jobs, dead } = shelf(name)
      const all = jobs.all()
      return {
        waiting: all.filter(({ due }) => due <= now).length,
        delayed: all.filter(({ due, held }) => due > now && !held).length,
        running: all.filter(({ due, held }) => due > now && held).length,
        dead: dead.length,
      }
    },
  }
  const shuffle = disorder.shuffleJobs === true ? random : undefined
  const dropDead = async (before: number, limit: number): Promise<number> => {
    let dropped = 0
    for (const one of shelves.values()) {
      const old = one.dead.filter(({ letter }) => letter.at < before).slice(0, limit - dropped)
      one.dead = one.dead.filter((buried) => !old.includes(buried))
      dropped += old.length
    }
    return dropped
  }
  return {
    queue,
    source: createSource({ clock, waiters, shelf, add, shuffle }),
    dropDead,
    close: () => waiters.close(),
  }
}

interface SourceParts {
  clock: Clock
  waiters: ReturnType<typeof createJobWaiters>
  shelf(queue: QueueName): Shelf
  add(queue: QueueName, job: { group: string; body: string; due: number }): void
  shuffle: Random | undefined
}

function createSource(parts: SourceParts): JobSource {
  const { clock, waiters, shelf, add } = parts
  const take = createTake(parts)

  return {
    async receive(queue, options) {
      const end = clock.now() + options.waitMs
      while (!waiters.closed && options.signal?.aborted !== true) {
        const taken = take(queue, options)
        const now = clock.now()
        if (taken.length > 0 || now >= end) return taken
        const due = shelf(queue)
          .jobs.all()
          .reduce((first, job) => Math.min(first, job.due), end)
        await waiters.wait(queue, { ms: due - now, signal: options.signal })
      }
      return []
    },
    async extend(queue, id, visibilityMs) {
      const job = shelf(queue).jobs.find(id)
      if (job?.held) job.due = clock.now() + visibilityMs
    },
    async deadLetters(queue, { after, limit }) {
      const { dead } = shelf(queue)
      const from = after === undefined ? 0 : dead.findIndex(({ letter }) => letter.id === after) + 1
      const letters = dead.slice(from, from + limit).map(({ letter }) => structuredClone(letter))
      const last = letters.at(-1)
      return dead.length > from + limit && last ? { letters, next: last.id } : { letters }
    },
    async redrive(queue, ids) {
      const from = shelf(queue)
      const again = from.dead.filter(({ letter }) => ids === undefined || ids.includes(letter.id))
      from.dead = from.dead.filter((buried) => !again.includes(buried))
      for (const { job } of again) add(queue, { group: job.group, body: job.body, due: clock.now() })
      waiters.wake(queue)
      return again.length
    },
  }
}

function createTake({ clock, waiters, shelf, shuffle }: SourceParts) {
  function bury(queue: QueueName, job: KeptJob, why: string): void {
    const { jobs, dead } = shelf(queue)
    jobs.remove(job)
    const { id, receives } = job
    dead.push({ job, letter: { id, queue, body: JSON.parse(job.body), why, receives, at: clock.now() } })
  }

  function received(queue: QueueName, job: KeptJob): ReceivedJob {
    const { id, receives } = job
    return {
      id,
      receives,
      body: JSON.parse(job.body),
      async settle(disposition) {
        const { jobs } = shelf(queue)
        if (jobs.find(id) !== job || !job.held || job.receives !== receives) return
        if (disposition.kind === "done") return jobs.remove(job)
        if (disposition.kind === "reject") return bury(queue, job, disposition.why)
        job.held = false
        job.due = clock.now() + Math.min(Math.max(Math.ceil(disposition.delayMs), 0), maxDelayMs)
        waiters.wake(queue)
      },
    }
  }

  return (queue: QueueName, options: Parameters<JobSource["receive"]>[1]): ReceivedJob[] => {
    const now = clock.now()
    const taken: ReceivedJob[] = []
    while (taken.length < options.max) {
      const job = shelf(queue).jobs.next(now, shuffle)
      if (job === undefined) break
      if (job.receives >= options.maxReceives) {
        bury(queue, job, `received ${job.receives} times without an answer`)
        continue
      }
      job.receives++
      job.held = true
      job.due = now + options.visibilityMs
      taken.push(received(queue, job))
    }
    return taken
  }
}

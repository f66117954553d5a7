import { type Job, queueNames } from "@postrider/core/job/job"
import { type JobSource, maxDelayMs, type ReceivedJob } from "@postrider/core/ports/job-queue"
import type { Engine } from "@postrider/engines/engine"

/** Engines whose jobs have one defect each, over one that has none. The contract must notice every one of them. */
export const brokenJobQueues = {
  "send ignores the delay": (good) => ({
    ...good,
    jobs: { ...good.jobs, send: (jobs) => good.jobs.send(jobs.map(({ delayMs: _, ...job }) => job)) },
  }),
  "send cuts a delay that is too long": (good) => ({
    ...good,
    jobs: {
      ...good.jobs,
      send: (jobs) =>
        good.jobs.send(jobs.map((job) => ({ ...job, delayMs: Math.min(Math.max(job.delayMs || 0, 0), maxDelayMs) }))),
    },
  }),
  "send takes the first ten jobs": (good) => ({
    ...good,
    jobs: { ...good.jobs, send: (jobs) => good.jobs.send(jobs.slice(0, 10)) },
  }),
  "send keeps known fields alone": (good) => ({
    ...good,
    jobs: {
      ...good.jobs,
      send: (jobs) => good.jobs.send(jobs.map((sent) => ({ ...sent, job: knownFields(sent.job) }))),
    },
  }),
  "groups are served first in, first out": (good) => ({
    ...good,
    jobs: { ...good.jobs, send: (jobs) => good.jobs.send(jobs.map(({ group: _, ...job }) => job)) },
  }),
  "settle ignores the receipt": (good) => {
    const latest = new Map<string, ReceivedJob>()
    return receiving(good, (job) => {
      latest.set(job.id, job)
      return { ...job, settle: (disposition) => latest.get(job.id)?.settle(disposition) ?? Promise.resolve() }
    })
  },
  "retry loses the job": (good) =>
    receiving(good, (job) => ({
      ...job,
      settle: (disposition) => job.settle(disposition.kind === "retry" ? { kind: "done" } : disposition),
    })),
  "retry sends a new job": (good) =>
    receiving(good, (job) => ({
      ...job,
      async settle(disposition) {
        if (disposition.kind !== "retry") return job.settle(disposition)
        await job.settle({ kind: "done" })
        await good.jobs.send([{ job: job.body as Job, delayMs: disposition.delayMs }])
      },
    })),
  "reject forgets the reason": (good) =>
    receiving(good, (job) => ({
      ...job,
      settle: (disposition) => job.settle(disposition.kind === "reject" ? { kind: "reject", why: "" } : disposition),
    })),
  "done leaves the job for another receive": (good) =>
    receiving(good, (job) => ({
      ...job,
      settle: async (disposition) => (disposition.kind === "done" ? undefined : job.settle(disposition)),
    })),
  "receives are not counted": (good) => receiving(good, (job) => ({ ...job, receives: 1 })),
  "receives are not limited": (good) => ({
    ...good,
    source: {
      ...good.source,
      receive: (queue, options) => good.source.receive(queue, { ...options, maxReceives: 1_000_000 }),
    },
  }),
  "running jobs are not hidden": (good) => ({
    ...good,
    source: {
      ...good.source,
      receive: (queue, options) => good.source.receive(queue, { ...options, visibilityMs: 0 }),
    },
  }),
  "extend does nothing": (good) => ({ ...good, source: { ...good.source, extend: async () => {} } }),
  "a waiting receive notices new jobs at its end only": (good) => ({
    ...good,
    source: { ...good.source, receive: (queue, options) => lateReceive(good.source, queue, options) },
  }),
  "redrive leaves the dead letters": (good) => ({
    ...good,
    source: {
      ...good.source,
      async redrive(queue, ids) {
        const { letters } = await good.source.deadLetters(queue, { limit: 1000 })
        const named = letters.filter(({ id }) => ids === undefined || ids.includes(id))
        await good.jobs.send(named.map(({ body }) => ({ job: body as Job })))
        return named.length
      },
    },
  }),
  "redrive ignores the names": (good) => ({
    ...good,
    source: { ...good.source, redrive: (queue) => good.source.redrive(queue) },
  }),
  "depth is that of all queues": (good) => ({
    ...good,
    jobs: {
      ...good.jobs,
      async depth() {
        const sum = { waiting: 0, delayed: 0, running: 0, dead: 0 }
        for (const queue of queueNames) {
          const depth = await good.jobs.depth(queue)
          for (const state of ["waiting", "delayed", "running", "dead"] as const) sum[state] += depth[state]
        }
        return sum
      },
    },
  }),
} satisfies Record<string, (good: Engine) => Engine>

function receiving(good: Engine, change: (job: ReceivedJob) => ReceivedJob): Engine {
  const receive: JobSource["receive"] = async (queue, options) =>
    (await good.source.receive(queue, options)).map((job) => change(job))
  return { ...good, source: { ...good.source, receive } }
}

/** Looks once at the beginning and then waits on a queue where nothing is ever sent. */
async function lateReceive(good: JobSource, ...[queue, options]: Parameters<JobSource["receive"]>) {
  const now = await good.receive(queue, { ...options, waitMs: 0 })
  if (now.length > 0 || options.waitMs === 0) return now
  await good.receive(queue === "poll" ? "webhook" : "poll", options)
  return good.receive(queue, { ...options, waitMs: 0 })
}

function knownFields(job: Job): Job {
  return job.type === "deliver_message.v1" ? { type: job.type, message: job.message } : job
}

import type { Job, QueueName } from "@postrider/core/job/job"
import type { JobSource, JobToSend, ReceivedJob } from "@postrider/core/ports/job-queue"
import type { Engine } from "@postrider/engines/engine"

export const visibilityMs = 30_000
export const maxReceives = 3

type ReceiveOptions = Parameters<JobSource["receive"]>[1]

export function receive({ source }: Engine, queue: QueueName = "outbound", options: Partial<ReceiveOptions> = {}) {
  return source.receive(queue, { max: 10, waitMs: 0, visibilityMs, maxReceives, ...options })
}

/** Receives until nothing comes; the jobs stay held. */
export async function receiveAll(engine: Engine, queue: QueueName = "outbound"): Promise<ReceivedJob[]> {
  const all: ReceivedJob[] = []
  for (let rounds = 0; rounds < 100; rounds++) {
    const jobs = await receive(engine, queue)
    if (jobs.length === 0) return all
    all.push(...jobs)
  }
  throw new Error("the jobs never end")
}

export async function bury(engine: Engine, name: string): Promise<void> {
  await engine.jobs.send([{ job: deliver(name) }])
  for (const job of await receive(engine)) await job.settle({ kind: "reject", why: "test" })
}

export function deliver(message: string): Job {
  return { type: "deliver_message.v1", message }
}

export function toGroup(group: string, n: number): JobToSend {
  return { job: deliver(`${group} ${n}`), group }
}

export function bodies(jobs: readonly ReceivedJob[]): unknown[] {
  return jobs.map(({ body }) => body)
}

export function nameOf({ body }: { body: unknown }): string {
  if (typeof body === "object" && body !== null && "message" in body) return String(body.message)
  throw new Error("not a deliver_message job")
}

export function countGroups(jobs: readonly ReceivedJob[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const job of jobs) {
    const group = nameOf(job).split(" ")[0] ?? ""
    counts[group] = (counts[group] ?? 0) + 1
  }
  return counts
}

/** Lets everything that was started reach its wait. */
export async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve))
}

/** Fails instead of hanging when `waiting` was not woken. */
export async function soon<T>(waiting: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error("the waiting receive was not woken")), 2000)
  try {
    return await Promise.race([waiting, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

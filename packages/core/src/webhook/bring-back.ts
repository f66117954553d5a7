import type { DeliverEventJob } from "../job/job.ts"
import { maxDelayMs } from "../ports/job-queue.ts"
import type { Ports } from "../ports/ports.ts"
import { dueEntry } from "../record/due-index.ts"
import { parkedPart } from "./endpoint-index.ts"
import { nextSeries, scheduleStep } from "./schedule.ts"

/** Body of `wait#<…>`: a job whose time is more than 15 minutes away, sent by the tick, which then deletes the record by version. */
export interface WaitRecord {
  job: DeliverEventJob
  group: string
}

type WaitPorts = Pick<Ports, "records" | "jobs" | "clock">

/** Has a job come back after a delay: over the queue up to 15 minutes, else over the `due` index. Always as a new job, so that waiting never uses up the receives of one. */
export async function bringBack(ports: WaitPorts, job: DeliverEventJob, delayMs: number): Promise<void> {
  const group = job.endpoint
  if (delayMs <= maxDelayMs) return ports.jobs.send([{ job, delayMs: Math.max(0, Math.ceil(delayMs)), group }])
  const id = `wait#${job.endpoint}#${job.event}#${job.attempt}`
  const due = dueEntry(Math.ceil(ports.clock.now() + delayMs), id)
  await ports.records.put<WaitRecord>({ id, body: { job, group }, index: { due } })
}

/** Keeps a job for a disabled endpoint until it is enabled, with a fresh schedule then; as long as events are kept. */
export async function parkJob(ports: Pick<Ports, "records" | "clock" | "limits">, job: DeliverEventJob): Promise<void> {
  const now = ports.clock.now()
  const attempt = scheduleStep(job.attempt) === 1 ? job.attempt : nextSeries(job.attempt)
  const kept: DeliverEventJob = { ...job, attempt, trigger: "replay" }
  await ports.records.put<WaitRecord>({
    id: `wait#${job.endpoint}#${job.event}#parked`,
    body: { job: kept, group: job.endpoint },
    index: { owner: { part: parkedPart(job.endpoint), sort: `${new Date(now).toISOString()}#${job.event}` } },
    expiresAt: now + ports.limits.keepEventsMs,
  })
}

import { eventJobs } from "../event/announce-events.ts"
import type { EventRecord } from "../event/event.ts"
import { matchesEndpoint } from "../event/match-endpoint.ts"
import { scanLog } from "../event/scan-log.ts"
import type { DeliverEventJob } from "../job/job.ts"
import { maxDelayMs } from "../ports/job-queue.ts"
import type { Ports } from "../ports/ports.ts"
import { updateRecord } from "../record/update-record.ts"
import type { WaitRecord } from "./bring-back.ts"
import { attemptRecordId, type EndpointRecord, endpointRecordId, type WebhookAttempt } from "./endpoint.ts"
import { endpointToStore, parkedPart } from "./endpoint-index.ts"
import { filterOf } from "./endpoint-list.ts"

export type ReplayPorts = Pick<Ports, "records" | "jobs" | "content" | "clock" | "eventClock" | "log">

/** In place of an event's id: the job brings the next page of the log to an endpoint that was enabled again. */
const logMark = "log"
const pageSize = 100
const pageHours = 240
const settleMs = 1_000
/** A replay that made no step for this long has lost its job, to the dead letters or a restore; a step waits two minutes at most. */
const staleMs = 3_600_000

export function replayJob(endpoint: string): DeliverEventJob {
  return { type: "deliver_event.v1", event: logMark, endpoint, attempt: 1, trigger: "replay" }
}

export function isReplayJob(job: DeliverEventJob): boolean {
  return job.event === logMark
}

/**
 * One step of bringing an endpoint what it missed while disabled: the jobs kept for it, then a page of the log. Each step makes the
 * next one, until the log is read up to a minute after the endpoint was enabled, so that no fan-out that still saw it disabled is
 * missed. Repeating a step sends events twice at most, under the same ids.
 */
export async function replayLog(ports: ReplayPorts, endpoint: EndpointRecord): Promise<void> {
  const { replay } = endpoint
  if (replay === null || endpoint.state === "disabled") return
  if (await releaseParked(ports, endpoint.id)) return again(ports, endpoint.id, 0)
  const until = Math.min(ports.eventClock.watermark(), replay.until)
  const page = await scanLog(ports, { after: replay.after, until, limit: pageSize, maxHours: pageHours })
  await sendMissed(ports, endpoint, page.events)
  const finished = page.ended && until >= replay.until
  await updateRecord<EndpointRecord>(ports.records, endpointRecordId(endpoint.id), ({ body }) => {
    if (body.replay === null || body.replay.until !== replay.until) return undefined
    return endpointToStore({
      ...body,
      replay: finished ? null : { ...replay, after: page.position, movedAt: ports.clock.now() },
    })
  })
  if (finished) return
  const wait = page.ended ? replay.until - until + settleMs : 0
  await again(ports, endpoint.id, Math.min(wait, maxDelayMs))
}

/** Makes a new job for a replay that stopped half-way: called where an endpoint is looked at anyway. */
export async function reviveReplay(
  ports: Pick<Ports, "records" | "jobs" | "clock">,
  endpoint: EndpointRecord,
): Promise<void> {
  const now = ports.clock.now()
  if (!isStale(endpoint, now)) return
  // Written before it is sent: of many that look at once one makes the job, and should it not, the next one does an hour later.
  let mine = false
  await updateRecord<EndpointRecord>(ports.records, endpointRecordId(endpoint.id), ({ body }) => {
    mine = body.replay !== null && isStale(body, now)
    return mine && body.replay !== null
      ? endpointToStore({ ...body, replay: { ...body.replay, movedAt: now } })
      : undefined
  })
  if (mine) await again(ports, endpoint.id, 0)
}

function isStale({ replay, state }: EndpointRecord, now: number): boolean {
  return replay !== null && state !== "disabled" && now - (replay.movedAt ?? replay.until) > staleMs
}

async function again(ports: Pick<Ports, "jobs">, endpoint: string, delayMs: number): Promise<void> {
  await ports.jobs.send([{ job: replayJob(endpoint), delayMs, group: endpoint }])
}

/** Sends a page of the jobs kept for the endpoint; true when there were any. */
async function releaseParked(ports: ReplayPorts, endpoint: string): Promise<boolean> {
  const part = parkedPart(endpoint)
  const page = await ports.records.query<WaitRecord>("owner", part, { limit: pageSize, order: "asc" })
  if (page.records.length === 0) return page.next !== undefined
  await ports.jobs.send(page.records.map(({ body }) => ({ job: body.job, group: body.group })))
  for (const { id, v } of page.records) await ports.records.delete(id, { version: v })
  return true
}

/** Jobs for the events the endpoint wants, but for those it got at the first try. */
async function sendMissed(ports: ReplayPorts, endpoint: EndpointRecord, events: readonly EventRecord[]): Promise<void> {
  const filter = filterOf(endpoint)
  const wanted = events.filter((event) => matchesEndpoint(event, filter))
  const ids = wanted.map((event) => attemptRecordId(event.id, endpoint.id, 1))
  const tried = await ports.records.getMany<WebhookAttempt>(ids)
  const got = new Set(tried.filter(({ body }) => body.outcome === "delivered").map(({ body }) => body.event))
  const missed = wanted.filter((event) => !got.has(event.id))
  const jobs = []
  for (const event of missed) jobs.push(...(await eventJobs(ports, event, { filters: [filter], trigger: "replay" })))
  if (jobs.length > 0) await ports.jobs.send(jobs)
}

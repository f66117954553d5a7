import { announceEvents } from "../event/announce-events.ts"
import { type EventRecord, eventRecordId } from "../event/event.ts"
import { loadEventData } from "../event/load-event-data.ts"
import { renderEvent } from "../event/render-event.ts"
import type { DeliverEventJob } from "../job/job.ts"
import type { Disposition } from "../ports/job-queue.ts"
import type { Ports } from "../ports/ports.ts"
import { bringBack, parkJob } from "./bring-back.ts"
import { attemptRecordId, type EndpointRecord, endpointRecordId, type WebhookAttempt } from "./endpoint.ts"
import type { InFlight } from "./in-flight.ts"
import { postEvent } from "./post-event.ts"
import { isReplayJob, replayLog, reviveReplay } from "./replay-log.ts"
import { settleAttempt, settleDelivered } from "./settle-attempt.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"

export type DeliverEventPorts = Pick<
  Ports,
  "records" | "jobs" | "content" | "webhooks" | "clock" | "eventClock" | "ids" | "secrets" | "log" | "limits"
> & { inFlight: InFlight }

const done: Disposition = { kind: "done" }
/** Jobs of a paused endpoint come back spread over this share of the pause, and a second. */
const pauseSpread = 0.1

/**
 * Brings one event to one endpoint. A failing endpoint is data: nothing here throws for what a peer does, and waiting (paused,
 * disabled, too many at a time) costs no attempt. Repeating a run that was cut off posts the same bytes under the same id again.
 * @param context.receives how often this job was received; over 1 an earlier run was cut off.
 */
export async function deliverEvent(
  ports: DeliverEventPorts,
  job: DeliverEventJob,
  context: { receives: number },
): Promise<Disposition> {
  const endpoint = (await ports.records.get<EndpointRecord>(endpointRecordId(job.endpoint)))?.body
  if (endpoint === undefined) {
    await syncEndpointList(ports, job.endpoint)
    return done
  }
  const repeated = context.receives > 1
  if (repeated) {
    await syncEndpointList(ports, endpoint.id)
    await announceEvents(ports, endpoint.announce)
  }
  if (isReplayJob(job)) {
    await replayLog(ports, endpoint)
    return done
  }
  await reviveReplay(ports, endpoint)
  if (repeated && (await wasDelivered(ports, job))) {
    await settleDelivered(ports, endpoint)
    return done
  }
  if (endpoint.state === "disabled") {
    await keepForLater(ports, job)
    return done
  }
  const pause = endpoint.pausedUntil - ports.clock.now()
  if (pause > 0) {
    await bringBack(ports, job, pause + ports.ids.fraction() * (pause * pauseSpread + 1_000))
    return done
  }
  await deliverWithin(ports, endpoint, job)
  return done
}

/** Within the endpoint's cap: one at a time while it fails. */
async function deliverWithin(ports: DeliverEventPorts, endpoint: EndpointRecord, job: DeliverEventJob): Promise<void> {
  const max = endpoint.state === "failing" ? 1 : endpoint.settings.max_in_flight
  const now = ports.clock.now()
  const leave = ports.inFlight.enter(endpoint.id, max, now)
  if (leave === undefined) {
    // Thousands that wait for a slow endpoint would keep the queue busy with asking, came they back every few seconds.
    const delay = ports.inFlight.sendAway(endpoint.id, max, { now, fraction: ports.ids.fraction() })
    return bringBack(ports, job, delay)
  }
  try {
    const body = job.body ?? (await renderBody(ports, endpoint, job))
    if (body === undefined) return
    const at = ports.clock.now()
    const outcome = await postEvent(ports, endpoint, { ...job, body })
    await settleAttempt(ports, { endpoint, job, outcome, at })
  } finally {
    leave(ports.clock.now())
  }
}

/** The event as it is in the log; undefined when it is past retention. */
async function renderBody(
  ports: DeliverEventPorts,
  endpoint: EndpointRecord,
  job: DeliverEventJob,
): Promise<string | undefined> {
  const event = await ports.records.get<EventRecord>(eventRecordId(job.event))
  if (event === undefined) {
    ports.log.warn("webhook.event_gone", { event: job.event, endpoint: job.endpoint })
    return undefined
  }
  const data = await loadEventData(ports, event.body)
  return JSON.stringify(renderEvent(event.body, data, endpoint.settings.body))
}

async function wasDelivered(ports: DeliverEventPorts, job: DeliverEventJob): Promise<boolean> {
  const attempt = await ports.records.get<WebhookAttempt>(attemptRecordId(job.event, job.endpoint, job.attempt))
  return attempt?.body.outcome === "delivered"
}

/** The endpoint may be enabled while the job is put aside; then nobody would look for it there again. */
async function keepForLater(ports: DeliverEventPorts, job: DeliverEventJob): Promise<void> {
  await parkJob(ports, job)
  const now = await ports.records.get<EndpointRecord>(endpointRecordId(job.endpoint))
  if (now !== undefined && now.body.state !== "disabled") await bringBack(ports, job, 0)
}

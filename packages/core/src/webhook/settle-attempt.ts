import { type AnnouncePorts, announceEvents } from "../event/announce-events.ts"
import { type EventRecord, eventRecordId, type NewEvent } from "../event/event.ts"
import type { DeliverEventJob } from "../job/job.ts"
import type { Ports } from "../ports/ports.ts"
import type { WebhookOutcome } from "../ports/webhook-sender.ts"
import { bringBack, parkJob } from "./bring-back.ts"
import type { EndpointRecord } from "./endpoint.ts"
import type { EndpointChange } from "./endpoint-changes.ts"
import { afterFailure, afterRefusal, afterSuccess, longestPauseMs } from "./endpoint-health.ts"
import type { InFlight } from "./in-flight.ts"
import { attemptOf, errorOf, isDelivered } from "./post-event.ts"
import { delayAfter, scheduleStep } from "./schedule.ts"
import { showEndpoint } from "./show-endpoint.ts"
import { storeAttempt } from "./store-attempt.ts"
import { tellEndpoint } from "./update-endpoint.ts"

export type SettlePorts = AnnouncePorts & Pick<Ports, "clock"> & { inFlight: Pick<InFlight, "changes"> }

interface Tried {
  endpoint: EndpointRecord
  job: DeliverEventJob
  outcome: WebhookOutcome
  /** When it began. */
  at: number
}

/** Records a try and sees to what follows from it: the endpoint's health, the next attempt, or the end of the schedule. */
export async function settleAttempt(ports: SettlePorts, tried: Tried): Promise<void> {
  const { endpoint, job, outcome, at } = tried
  if (outcome.kind === "failed" && outcome.reason === "address_not_allowed") return settleRefusal(ports, tried)
  const delay = isDelivered(outcome) ? undefined : nextDelay(ports, tried)
  const now = ports.clock.now()
  await storeAttempt(ports, attemptOf(job, outcome, { at, next: delay === undefined ? null : now + delay }))
  if (isDelivered(outcome)) return settleDelivered(ports, endpoint)
  const failure = {
    ...(errorOf(outcome) ?? { reason: "status", detail: "" }),
    status: outcome.kind === "answered" ? outcome.status : null,
    retryAfterMs: outcome.kind === "answered" ? outcome.retryAfterMs : null,
  }
  const stands = await tell(ports, endpoint.id, (current) => afterFailure(current, failure, { ids: ports.ids, now }))
  if (stands === undefined) return
  if (stands.state === "disabled") return parkJob(ports, job)
  if (delay !== undefined) return bringBack(ports, { ...job, attempt: job.attempt + 1 }, delay)
  await announceUndelivered(ports, stands, job)
}

/** Tells the endpoint's record of a success, where that changes anything. */
export async function settleDelivered(ports: SettlePorts, endpoint: EndpointRecord): Promise<void> {
  const moment = { ids: ports.ids, now: ports.clock.now() }
  if (afterSuccess(endpoint, moment) === undefined) return
  await tell(ports, endpoint.id, (current) => afterSuccess(current, moment))
}

/** Together with what others of this process have to tell. */
function tell(
  { inFlight, ...ports }: SettlePorts,
  id: string,
  change: EndpointChange,
): Promise<EndpointRecord | undefined> {
  return inFlight.changes.make(id, change, (joined) => tellEndpoint(ports, id, joined))
}

async function settleRefusal(ports: SettlePorts, { endpoint, job, outcome }: Tried): Promise<void> {
  const detail = errorOf(outcome)?.detail ?? ""
  const moment = { ids: ports.ids, now: ports.clock.now() }
  const stands = await tell(ports, endpoint.id, (current) => afterRefusal(current, detail, moment))
  if (stands === undefined) return
  if (stands.state === "disabled") return parkJob(ports, job)
  await bringBack(ports, job, longestPauseMs)
}

/** By the schedule, or later where the endpoint asks for it. */
function nextDelay(ports: SettlePorts, { job, outcome }: Tried): number | undefined {
  const delay = delayAfter(job.attempt, ports.ids.fraction())
  if (delay === undefined || outcome.kind !== "answered") return delay
  const asked = outcome.status === 429 || outcome.status === 503 ? (outcome.retryAfterMs ?? 0) : 0
  return Math.max(delay, asked)
}

/** Events about endpoints and deliveries do not give rise to more of them. */
async function announceUndelivered(ports: SettlePorts, endpoint: EndpointRecord, job: DeliverEventJob): Promise<void> {
  const event = (await ports.records.get<EventRecord>(eventRecordId(job.event)))?.body
  if (event === undefined || event.type.startsWith("endpoint.") || event.type === "event.undelivered") return
  const undelivered: NewEvent = {
    id: ports.ids.derive("evt", "event.undelivered", endpoint.id, event.id, String(job.attempt)),
    type: "event.undelivered",
    account: event.account,
    tenant: event.tenant,
    test: event.test,
    sequence: event.sequence,
    data: { ...showEndpoint(endpoint), event: event.id, attempts: scheduleStep(job.attempt) },
    about: endpoint.id,
  }
  await announceEvents(ports, [undelivered])
}

import type { NewEvent } from "../event/event.ts"
import type { Ids } from "../ports/ids.ts"
import type { EndpointRecord } from "./endpoint.ts"
import { showEndpoint } from "./show-endpoint.ts"

/** Failures in a row after which an endpoint counts as failing and gets one event at a time, after growing pauses. */
const failuresUntilFailing = 5
const firstPauseMs = 30_000
export const longestPauseMs: number = 15 * 60_000
const disableAfterMs = 5 * 24 * 3_600_000
/** The time of the last success is written again when it is older. */
const successStaleMs = 3_600_000
/** Fan-out that began before an endpoint was disabled may end after. */
const marginMs = 60_000
const keptEvents = 4

export interface Failure {
  reason: string
  detail: string
  status: number | null
  retryAfterMs: number | null
}

interface Moment {
  ids: Pick<Ids, "derive">
  now: number
}

/** After a success: recovered where it was failing. Undefined when nothing worth a write changed. */
export function afterSuccess(record: EndpointRecord, { ids, now }: Moment): EndpointRecord | undefined {
  const { last_success_at: last } = record
  const stale = last === null || now - Date.parse(last) >= successStaleMs
  if (record.consecutive_failures === 0 && record.state !== "failing" && record.pausedUntil <= now && !stale) return
  const next: EndpointRecord = {
    ...record,
    state: record.state === "failing" ? "enabled" : record.state,
    consecutive_failures: 0,
    failing_since: null,
    last_success_at: new Date(now).toISOString(),
    last_error: null,
    pausedUntil: 0,
  }
  return record.state === "failing" ? withEvent(next, "endpoint.recovered", { ids, now }) : next
}

/**
 * After a failure. Disabled for good by 410, or after five days without success; failing after five in a row; paused while failing
 * (30 s, growing to 15 min), and for as long as 429 or 503 ask with Retry-After.
 */
export function afterFailure(record: EndpointRecord, failure: Failure, { ids, now }: Moment): EndpointRecord {
  const failures = record.consecutive_failures + 1
  const since = record.failing_since ?? new Date(now).toISOString()
  const asked = failure.status === 429 || failure.status === 503 ? (failure.retryAfterMs ?? 0) : 0
  const next: EndpointRecord = {
    ...record,
    consecutive_failures: failures,
    failing_since: since,
    last_error: { reason: failure.reason, detail: failure.detail, at: new Date(now).toISOString() },
    pausedUntil: Math.max(record.pausedUntil, now + Math.max(asked, pauseMs(failures, now - Date.parse(since)))),
  }
  if (record.state === "disabled") return next
  if (failure.status === 410) return disabled(next, "gone", { ids, now })
  if (now - Date.parse(since) >= disableAfterMs) return disabled(next, "no_success", { ids, now })
  if (failures < failuresUntilFailing || record.state === "failing") return next
  return withEvent({ ...next, state: "failing" }, "endpoint.failing", { ids, now })
}

/** Its address may not be reached: flagged at once and looked at again every 15 minutes; no attempt is counted. */
export function afterRefusal(record: EndpointRecord, detail: string, { ids, now }: Moment): EndpointRecord {
  const at = new Date(now).toISOString()
  const next: EndpointRecord = {
    ...record,
    failing_since: record.failing_since ?? at,
    last_error: { reason: "address_not_allowed", detail, at },
    pausedUntil: now + longestPauseMs,
  }
  if (record.state === "disabled") return next
  if (now - Date.parse(next.failing_since ?? at) >= disableAfterMs) return disabled(next, "no_success", { ids, now })
  return record.state === "failing" ? next : withEvent({ ...next, state: "failing" }, "endpoint.failing", { ids, now })
}

/** Nothing is sent any more; events from now on wait in the log. */
export function disabled(record: EndpointRecord, reason: string, { ids, now }: Moment): EndpointRecord {
  const from = record.replay === null ? now - marginMs : Date.parse(record.replay.after.slice(0, 24))
  const next: EndpointRecord = {
    ...record,
    state: "disabled",
    disabled_reason: reason,
    missed_from: record.missed_from ?? Math.min(from, now - marginMs),
    replay: null,
    pausedUntil: 0,
  }
  return withEvent(next, "endpoint.disabled", { ids, now })
}

/** Works again, as if new; what it missed is brought from the log. */
export function enabled(record: EndpointRecord, { now }: Pick<Moment, "now">): EndpointRecord {
  return {
    ...record,
    state: "enabled",
    disabled_reason: null,
    consecutive_failures: 0,
    failing_since: null,
    last_error: null,
    pausedUntil: 0,
    missed_from: null,
    replay:
      record.missed_from === null
        ? record.replay
        : { after: new Date(record.missed_from).toISOString(), until: now + marginMs },
  }
}

/** What it missed goes on until now. */
export function withReplayUntil(record: EndpointRecord, now: number): EndpointRecord {
  return record.replay === null ? record : { ...record, replay: { ...record.replay, until: now + marginMs } }
}

/** Grows with the time of failing, not with the count: many deliveries that fail together are one sign of trouble, not many. */
function pauseMs(failures: number, failingMs: number): number {
  if (failures < failuresUntilFailing) return 0
  return Math.min(Math.max(firstPauseMs, failingMs / 4), longestPauseMs)
}

function withEvent(
  record: EndpointRecord,
  type: "endpoint.failing" | "endpoint.disabled" | "endpoint.recovered",
  { ids, now }: Moment,
): EndpointRecord {
  const at = new Date(now).toISOString()
  const event: NewEvent = {
    id: ids.derive("evt", type, record.id, at),
    type,
    account: null,
    tenant: null,
    test: record.settings.test,
    sequence: at,
    data: showEndpoint(record),
    about: record.id,
  }
  return { ...record, announce: [...record.announce, event].slice(-keptEvents) }
}

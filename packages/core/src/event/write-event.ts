import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import type { NewRecord, PutCondition, PutResult } from "../ports/record-store.ts"
import { type EventRecord, eventRecordId, type NewEvent } from "./event.ts"
import { logEntry } from "./event-index.ts"
import { markHour } from "./log-hours.ts"

/** Readers may have passed a time that old. */
const maxWriteMs = 3_000
const maxTries = 5

type LogPorts = Pick<Ports, "records" | "eventClock" | "ids" | "limits">

/**
 * Writes an event into the log, once: whoever comes later gets what stands there. An event whose write took longer than 3 s takes
 * a new time, so that no reader of the log misses it (some may see it twice).
 */
export async function writeEvent(ports: LogPorts, event: NewEvent): Promise<EventRecord> {
  let stamp = ports.eventClock.stamp()
  let when: PutCondition = { absent: true }
  for (let tries = 0; tries < maxTries; tries++) {
    const put = await putAt(ports, { event, at: stamp.at, when }).finally(stamp.done)
    const record = recordOf(ports, event, stamp.at)
    if (!put.won) return put.current?.body ?? record.body
    const after = ports.eventClock.stamp()
    if (after.at - stamp.at <= maxWriteMs) {
      after.done()
      return record.body
    }
    stamp = after
    when = { version: put.v }
  }
  stamp.done()
  throw new RelayError("overloaded", "The event log is too slow to write. Try again.", {
    internal: `event ${event.id} took over ${maxWriteMs} ms ${maxTries} times`,
    retryAfterMs: 5_000,
  })
}

/** In the log of an hour that readers know to look into. */
async function putAt(
  ports: LogPorts,
  { event, at, when }: { event: NewEvent; at: number; when: PutCondition },
): Promise<PutResult<EventRecord>> {
  await markHour(ports, at)
  return ports.records.put<EventRecord>(recordOf(ports, event, at), when)
}

function recordOf(ports: LogPorts, event: NewEvent, at: number): NewRecord<EventRecord> {
  return {
    id: eventRecordId(event.id),
    body: { ...event, timestamp: new Date(at).toISOString() },
    index: { day: logEntry(ports.ids, at, event.id) },
    expiresAt: at + ports.limits.keepEventsMs,
  }
}

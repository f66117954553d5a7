import type { Ports } from "../ports/ports.ts"
import type { StoredRecord } from "../ports/record-store.ts"
import type { EventRecord } from "./event.ts"
import { hourOf, logPart, logPosition, logShards } from "./event-index.ts"
import { markedHours } from "./log-hours.ts"

const hourMs = 3_600_000
/** Hours are looked at this many at a time. */
const hoursAtOnce = 6

export interface LogScan {
  /** Position (exclusive) from which to read: `<RFC 3339>#<id>`, or a time alone. */
  after: string
  /** Milliseconds, inclusive: the watermark or earlier. */
  until: number
  /** Most events of one answer. */
  limit: number
  /** Hours with events that are looked at before giving back what was found. */
  maxHours: number
}

export interface LogPage {
  events: EventRecord[]
  /** Position up to which the log was read; the next scan goes on after it. */
  position: string
  /** True when everything until `until` was read. */
  ended: boolean
}

/** Reads the log in order of time, all shards of an hour merged. */
export async function scanLog(ports: Pick<Ports, "records">, scan: LogScan): Promise<LogPage> {
  const end = endOf(scan.until)
  const events: EventRecord[] = []
  let position = scan.after
  const { hours, whole } = await hoursToRead(ports, scan)
  for (let read = 0; read < hours.length; read += hoursAtOnce) {
    const group = hours.slice(read, read + hoursAtOnce)
    const pages = await Promise.all(
      group.map((at) => readHour(ports, at, { from: after(position), to: end, limit: scan.limit })),
    )
    for (const [n, page] of pages.entries()) {
      events.push(...page.events)
      if (!page.whole || events.length >= scan.limit) return firstOf(events, scan.limit)
      position = endOf(Math.min((group[n] ?? 0) + hourMs - 1, scan.until))
    }
  }
  // Empty hours are passed over: nothing is written any more before `until`.
  return whole
    ? { events, position: laterOf(position, endOf(scan.until)), ended: true }
    : { events, position, ended: false }
}

const laterOf = (a: string, b: string): string => (a > b ? a : b)

/** Every hour of a short stretch, so that following the log costs no further question; of a long one those that hold events. */
async function hoursToRead(
  ports: Pick<Ports, "records">,
  { after, until, maxHours }: LogScan,
): Promise<{ hours: number[]; whole: boolean }> {
  const first = hourOf(timeOf(after))
  const count = Math.max(0, Math.floor((until - first) / hourMs) + 1)
  if (count > hoursAtOnce) return markedHours(ports, { from: first, to: until, limit: maxHours })
  return { hours: Array.from({ length: count }, (_, n) => first + n * hourMs), whole: true }
}

interface HourPage {
  events: EventRecord[]
  /** False where the hour holds more; there is at least one event then. */
  whole: boolean
}

async function readHour(
  ports: Pick<Ports, "records">,
  hour: number,
  range: { from: string; to: string; limit: number },
): Promise<HourPage> {
  const shards = await Promise.all(
    Array.from({ length: logShards }, (_, shard) => readShard(ports, logPart(hour, shard), range)),
  )
  const bounds = shards.flatMap((shard) => (shard.bound === undefined ? [] : [shard.bound])).sort()
  const [bound] = bounds
  const records = shards
    .flatMap((shard) => shard.records)
    .filter((record) => bound === undefined || sortOf(record) <= bound)
    .sort((a, b) => (sortOf(a) < sortOf(b) ? -1 : 1))
  return { events: records.map(({ body }) => body), whole: bound === undefined }
}

/** One shard: at least one record unless it has none in the range; `bound` is its last one where there are more. */
async function readShard(
  ports: Pick<Ports, "records">,
  part: string,
  { from, to, limit }: { from: string; to: string; limit: number },
): Promise<{ records: StoredRecord<EventRecord>[]; bound: string | undefined }> {
  let cursor: string | undefined
  do {
    const page = await ports.records.query<EventRecord>("day", part, {
      from,
      to,
      limit,
      order: "asc",
      ...(cursor === undefined ? {} : { after: cursor }),
    })
    // An event that took a new time while it was listed stands elsewhere now.
    const records = page.records.filter((record) => sortOf(record) >= from && sortOf(record) < to)
    const last = records.at(-1)
    if (last !== undefined) return { records, bound: page.next === undefined ? undefined : sortOf(last) }
    cursor = page.next
  } while (cursor !== undefined)
  return { records: [], bound: undefined }
}

/** The first events of what was found. There is at least one: an hour that was not read whole gave some. */
function firstOf(events: EventRecord[], limit: number): LogPage {
  const kept = events.slice(0, limit)
  return { events: kept, position: positionOf(kept.at(-1)), ended: false }
}

const positionOf = (event: EventRecord | undefined): string =>
  event === undefined ? "" : logPosition(Date.parse(event.timestamp), event.id)

function sortOf(record: StoredRecord<EventRecord>): string {
  return record.index?.day?.sort ?? positionOf(record.body)
}

/** Time of a position. */
export function timeOf(position: string): number {
  return Date.parse(position.slice(0, 24))
}

/** Smallest text after a position; ids hold nothing as small as `!`. */
const after = (position: string): string => `${position}!`

/** First position after everything of this millisecond. */
const endOf = (at: number): string => new Date(at + 1).toISOString()

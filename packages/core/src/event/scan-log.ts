import type { Ports } from "../ports/ports.ts"
import type { StoredRecord } from "../ports/record-store.ts"
import type { EventRecord } from "./event.ts"
import { hourOf, logPart, logPosition, logShards } from "./event-index.ts"

const hourMs = 3_600_000
/** Empty hours are looked at this many at a time. */
const hoursAtOnce = 6

export interface LogScan {
  /** Position (exclusive) from which to read: `<RFC 3339>#<id>`, or a time alone. */
  after: string
  /** Milliseconds, inclusive: the watermark or earlier. */
  until: number
  /** Most events of one answer. */
  limit: number
  /** Hours of the log looked at before giving back what was found. */
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
  let hour = hourOf(timeOf(scan.after))
  for (let hours = 0; hours < scan.maxHours && hour <= scan.until; hours += hoursAtOnce) {
    const group = Array.from({ length: hoursAtOnce }, (_, n) => hour + n * hourMs).filter((at) => at <= scan.until)
    const pages = await Promise.all(
      group.map((at) => readHour(ports, at, { from: after(position), to: end, limit: scan.limit })),
    )
    for (const page of pages) {
      events.push(...page.events)
      if (!page.whole || events.length >= scan.limit) return firstOf(events, scan.limit)
      hour += hourMs
      position = endOf(Math.min(hour - 1, scan.until))
    }
  }
  return { events, position, ended: hour > scan.until }
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

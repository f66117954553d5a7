import type { Ports } from "../ports/ports.ts"
import type { EventRecord } from "./event.ts"
import { logPart, logShards } from "./event-index.ts"
import { newestHour } from "./log-hours.ts"

/** Time of the newest event in the log, milliseconds; 0 where there is none. */
export async function newestEventTime(ports: Pick<Ports, "records">): Promise<number> {
  const hour = await newestHour(ports)
  if (hour === undefined) return 0
  const newest = await Promise.all(
    Array.from({ length: logShards }, (_, shard) =>
      ports.records.query<EventRecord>("day", logPart(hour, shard), { limit: 1, order: "desc" }),
    ),
  )
  const times = newest.flatMap(({ records }) => records.map(({ body }) => Date.parse(body.timestamp)))
  // A mark without an event: the process died between the two, or they expired.
  return Math.max(hour, ...times)
}

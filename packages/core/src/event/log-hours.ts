import type { Ports } from "../ports/ports.ts"
import type { NewRecord } from "../ports/record-store.ts"
import { hourOf } from "./event-index.ts"

/** Part of the `day` index that holds a mark for each hour with events in it. */
const part = "evt-hours"
const hourMs = 3_600_000
const markMargin = 2 * hourMs

const hourText = (at: number): string => new Date(at).toISOString().slice(0, 13)

type MarkPorts = Pick<Ports, "records" | "eventClock" | "limits">

/**
 * Marks the hour of a time, before an event is written into it, so that readers of a sparse log need not look into every hour. One write
 * of a process in an hour.
 */
export async function markHour({ records, eventClock, limits }: MarkPorts, at: number): Promise<void> {
  await eventClock.onceAnHour(at, () => putMark({ records, limits }, hourOf(at)))
}

async function putMark({ records, limits }: Omit<MarkPorts, "eventClock">, hour: number): Promise<void> {
  const mark: NewRecord = {
    id: `evth#${hourText(hour)}`,
    body: {},
    index: { day: { part, sort: hourText(hour) } },
    expiresAt: hour + limits.keepEventsMs + markMargin,
  }
  await records.put(mark, { absent: true })
}

/** The marked hours between two times, both within, in order; `whole` is false where there are more than `limit`. */
export async function markedHours(
  { records }: Pick<Ports, "records">,
  { from, to, limit }: { from: number; to: number; limit: number },
): Promise<{ hours: number[]; whole: boolean }> {
  const hours: number[] = []
  let after: string | undefined
  do {
    const page = await records.query("day", part, {
      from: hourText(from),
      to: `${hourText(to)}~`,
      limit: limit - hours.length,
      order: "asc",
      ...(after === undefined ? {} : { after }),
    })
    hours.push(...page.records.map(({ id }) => Date.parse(`${id.slice(id.indexOf("#") + 1)}:00:00Z`)))
    after = page.next
  } while (after !== undefined && hours.length < limit)
  return { hours, whole: after === undefined }
}

/** The last marked hour there is. */
export async function newestHour({ records }: Pick<Ports, "records">): Promise<number | undefined> {
  const { records: found } = await records.query("day", part, { limit: 1, order: "desc" })
  const id = found[0]?.id
  return id === undefined ? undefined : Date.parse(`${id.slice(id.indexOf("#") + 1)}:00:00Z`)
}

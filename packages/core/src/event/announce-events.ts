import type { JobToSend } from "../ports/job-queue.ts"
import type { Ports } from "../ports/ports.ts"
import type { BodyForm } from "../webhook/endpoint.ts"
import { type EndpointFilter, type EndpointList, endpointListId } from "../webhook/endpoint-list.ts"
import type { EventRecord, NewEvent } from "./event.ts"
import { loadEventData } from "./load-event-data.ts"
import { matchesEndpoint } from "./match-endpoint.ts"
import { byteLength, renderEvent } from "./render-event.ts"
import { writeEvent } from "./write-event.ts"

export type AnnouncePorts = Pick<Ports, "records" | "jobs" | "content" | "eventClock" | "ids" | "limits" | "log">

/** A larger body is rendered when it is sent. */
const maxInlineBytes = 32 * 1024
const writesAtOnce = 8

/**
 * Writes events into the log and makes one job for each endpoint that wants one. Repeating a call, whole or cut off anywhere, adds
 * no event but makes sure of the jobs: an endpoint may then get an event twice, under the same id.
 */
export async function announceEvents(ports: AnnouncePorts, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  const written: EventRecord[] = []
  for (let start = 0; start < events.length; start += writesAtOnce) {
    const group = events.slice(start, start + writesAtOnce)
    written.push(...(await Promise.all(group.map((event) => writeEvent(ports, event)))))
  }
  // Read after the events are written: whoever reads an endpoint as disabled has left the event where `enable` finds it.
  const list = await ports.records.get<EndpointList>(endpointListId)
  const filters = list?.body.endpoints.filter((filter) => filter.disabled !== true) ?? []
  const jobs: JobToSend[] = []
  for (const event of written) {
    const wanted = filters.filter((filter) => matchesEndpoint(event, filter))
    jobs.push(...(await eventJobs(ports, event, { filters: wanted, trigger: "scheduled" })))
  }
  if (jobs.length > 0) await ports.jobs.send(jobs)
}

/** The jobs that bring an event of the log to these endpoints, each with its body where that is small. */
export async function eventJobs(
  ports: Pick<Ports, "content" | "log">,
  event: EventRecord,
  to: { filters: readonly Pick<EndpointFilter, "id" | "body">[]; trigger: "scheduled" | "replay" },
): Promise<JobToSend[]> {
  const { filters, trigger } = to
  if (filters.length === 0) return []
  const data = await loadEventData(ports, event)
  const bodies = new Map<BodyForm, string>()
  return filters.map(({ id, body: form }) => {
    const text = bodies.get(form) ?? JSON.stringify(renderEvent(event, data, form))
    bodies.set(form, text)
    const job = { type: "deliver_event.v1" as const, event: event.id, endpoint: id, attempt: 1, trigger }
    return { job: byteLength(text) <= maxInlineBytes ? { ...job, body: text } : job, group: id }
  })
}

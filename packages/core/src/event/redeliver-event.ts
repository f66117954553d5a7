import { RelayError } from "../error/relay-error.ts"
import type { DeliverEventJob } from "../job/job.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { type EndpointFilter, type EndpointList, endpointListId } from "../webhook/endpoint-list.ts"
import { nextSeries } from "../webhook/schedule.ts"
import { findEvent } from "./find-event.ts"
import { readAttempts, visibleEndpoints } from "./list-event-attempts.ts"
import { matchesEndpoint } from "./match-endpoint.ts"

export interface Redelivery {
  endpoint: string
  /** Number of the first attempt of the new series. */
  attempt: number
}

/**
 * Sends an event again, with a whole schedule, to one endpoint (whatever its filters) or to all that want it and are not disabled.
 * @throws RelayError `not_found`; `state_conflict` when the named endpoint is disabled.
 */
export async function redeliverEvent(
  ports: Pick<Ports, "records" | "jobs">,
  actor: Actor,
  target: { id: string; endpoint: string | null },
): Promise<Redelivery[]> {
  const event = await findEvent(ports, actor, target.id)
  const visible = await visibleEndpoints(ports, actor)
  const list = await ports.records.get<EndpointList>(endpointListId)
  const filters = list?.body.endpoints.filter(({ id }) => visible.includes(id)) ?? []
  const chosen =
    target.endpoint === null
      ? filters.filter((filter) => filter.disabled !== true && matchesEndpoint(event, filter))
      : [named(filters, target.endpoint)]
  const attempts = await readAttempts(
    ports,
    event,
    chosen.map(({ id }) => id),
  )
  const redeliveries = chosen.map(({ id }) => {
    const made = attempts.filter(({ endpoint }) => endpoint === id).map(({ attempt }) => attempt)
    return { endpoint: id, attempt: nextSeries(Math.max(1, ...made)) }
  })
  const jobs = redeliveries.map(({ endpoint, attempt }) => {
    const job: DeliverEventJob = { type: "deliver_event.v1", event: event.id, endpoint, attempt, trigger: "manual" }
    return { job, group: endpoint }
  })
  if (jobs.length > 0) await ports.jobs.send(jobs)
  return redeliveries
}

function named(filters: readonly EndpointFilter[], id: string): EndpointFilter {
  const filter = filters.find((one) => one.id === id)
  if (filter === undefined) throw new RelayError("not_found", `There is no endpoint ${id}.`)
  if (filter.disabled !== true) return filter
  throw new RelayError("state_conflict", `The endpoint ${id} is disabled.`, {
    fix: "Enable it first.",
    extra: { current: "disabled", allowed: ["enabled", "failing"] },
  })
}

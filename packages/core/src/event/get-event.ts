import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { BodyForm, WebhookAttempt } from "../webhook/endpoint.ts"
import { type EndpointFilter, type EndpointList, endpointListId } from "../webhook/endpoint-list.ts"
import type { EventRecord, PublicEvent } from "./event.ts"
import { findEvent } from "./find-event.ts"
import { readAttempts, visibleEndpoints } from "./list-event-attempts.ts"
import { loadEventData } from "./load-event-data.ts"
import { matchesEndpoint } from "./match-endpoint.ts"
import { renderEvent } from "./render-event.ts"

/** How far an event has come with one endpoint. */
export interface Delivery {
  endpoint: string
  status: "pending" | "delivered" | "failed"
  attempts: number
  last_attempt_at: string | null
  next_attempt_at: string | null
}

/** One event with its deliveries. @throws RelayError `not_found`. */
export async function getEvent(
  ports: Pick<Ports, "records" | "content" | "log">,
  actor: Actor,
  query: { id: string; body: BodyForm },
): Promise<PublicEvent & { deliveries: Delivery[] }> {
  const event = await findEvent(ports, actor, query.id)
  const endpoints = await visibleEndpoints(ports, actor)
  const attempts = await readAttempts(ports, event, endpoints)
  const list = await ports.records.get<EndpointList>(endpointListId)
  const filters = list?.body.endpoints.filter(({ id }) => endpoints.includes(id)) ?? []
  return {
    ...renderEvent(event, await loadEventData(ports, event), query.body),
    deliveries: filters.flatMap((filter) => deliveryOf(event, filter, attempts)),
  }
}

function deliveryOf(event: EventRecord, filter: EndpointFilter, attempts: readonly WebhookAttempt[]): Delivery[] {
  const own = attempts.filter((attempt) => attempt.endpoint === filter.id)
  const last = own.at(-1)
  if (last === undefined && !matchesEndpoint(event, filter)) return []
  const delivered = own.some((attempt) => attempt.outcome === "delivered")
  const failed = last !== undefined && last.next_attempt_at === null
  return [
    {
      endpoint: filter.id,
      status: delivered ? "delivered" : failed ? "failed" : "pending",
      attempts: own.length,
      last_attempt_at: last?.at ?? null,
      next_attempt_at: delivered ? null : (last?.next_attempt_at ?? null),
    },
  ]
}

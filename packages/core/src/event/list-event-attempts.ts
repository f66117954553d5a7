import { bindingsWithin } from "../key/check-grant.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { attemptRecordId, type EndpointRecord, endpointRecordId, type WebhookAttempt } from "../webhook/endpoint.ts"
import { type EndpointList, endpointListId } from "../webhook/endpoint-list.ts"
import { attemptDelaysMs, nextSeries } from "../webhook/schedule.ts"
import type { EventRecord } from "./event.ts"
import { findEvent } from "./find-event.ts"

/** Times an event may have been sent anew and still be shown. */
const maxSeries = 20

/** All tries to bring an event to the endpoints there are, oldest first. @throws RelayError `not_found`. */
export async function listEventAttempts(
  ports: Pick<Ports, "records">,
  actor: Actor,
  id: string,
): Promise<WebhookAttempt[]> {
  const event = await findEvent(ports, actor, id)
  return readAttempts(ports, event, await visibleEndpoints(ports, actor))
}

/** Ids of the endpoints whose deliveries the actor may see. */
export async function visibleEndpoints(ports: Pick<Ports, "records">, actor: Actor): Promise<string[]> {
  const list = await ports.records.get<EndpointList>(endpointListId)
  const ids = list?.body.endpoints.map((filter) => endpointRecordId(filter.id)) ?? []
  const records = await ports.records.getMany<EndpointRecord>(ids)
  const seen: string[] = []
  for (const { body } of records) if (await bindingsWithin(ports, actor, body.settings)) seen.push(body.id)
  return seen
}

/** Looks for the attempts by their ids, series by series: attempts need no index of their own for this. */
export async function readAttempts(
  ports: Pick<Ports, "records">,
  event: EventRecord,
  endpoints: readonly string[],
): Promise<WebhookAttempt[]> {
  const found: WebhookAttempt[] = []
  let first = 1
  let left = endpoints
  for (let series = 0; series < maxSeries && left.length > 0; series++) {
    const ids = left.flatMap((endpoint) =>
      attemptDelaysMs.map((_, step) => attemptRecordId(event.id, endpoint, first + step)),
    )
    const attempts = (await ports.records.getMany<WebhookAttempt>(ids)).map(({ body }) => body)
    found.push(...attempts)
    // An event that never reached the first series of an endpoint may have been replayed to it in the second.
    left = series === 0 ? left : left.filter((endpoint) => attempts.some((one) => one.endpoint === endpoint))
    first = nextSeries(first)
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1))
}

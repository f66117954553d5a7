import { bindingsWithin } from "../key/check-grant.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { EndpointRecord } from "./endpoint.ts"
import { endpointListPart } from "./endpoint-index.ts"
import { type EndpointList, endpointListId, filterOf } from "./endpoint-list.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"

/** A page of the endpoints the actor may see, newest first; it may be short. Heals the list that fan-out reads where it differs. */
export async function listEndpoints(
  ports: Pick<Ports, "records">,
  actor: Actor,
  page: { limit: number; after?: string },
): Promise<{ data: EndpointRecord[]; next?: string }> {
  const { records, next } = await ports.records.query<EndpointRecord>("day", endpointListPart, {
    ...page,
    order: "desc",
  })
  const list = (await ports.records.get<EndpointList>(endpointListId))?.body.endpoints ?? []
  const known = new Set(list.map((filter) => JSON.stringify(filter)))
  const data: EndpointRecord[] = []
  for (const { body } of records) {
    if (!known.has(JSON.stringify(filterOf(body)))) await syncEndpointList(ports, body.id)
    if (await bindingsWithin(ports, actor, body.settings)) data.push(body)
  }
  return next === undefined ? { data } : { data, next }
}

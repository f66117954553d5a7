import { type AnnouncePorts, announceEvents } from "../event/announce-events.ts"
import { lostRaces, tryUpdate } from "../record/update-record.ts"
import { type EndpointRecord, endpointRecordId } from "./endpoint.ts"
import { endpointToStore } from "./endpoint-index.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"

/**
 * Changes the state of an endpoint by version, then brings the list in step and announces the change. A run that is cut off in
 * between leaves the events in `announce`, where the next run of the same job finds them.
 * @param change answers the new record, or undefined to leave it.
 * @returns what stands there now; undefined when the endpoint is gone.
 */
export async function updateEndpoint(
  ports: AnnouncePorts,
  id: string,
  change: (current: EndpointRecord) => EndpointRecord | undefined,
): Promise<EndpointRecord | undefined> {
  const { lost, stands } = await write(ports, id, change)
  if (lost) throw lostRaces(endpointRecordId(id))
  return stands
}

/**
 * As `updateEndpoint`, for what a try says of the endpoint's health. Where other processes write too often for it to get through, they
 * have told enough: failing then would post the event again outside its schedule, for the try is stored.
 */
export async function tellEndpoint(
  ports: AnnouncePorts,
  id: string,
  change: (current: EndpointRecord) => EndpointRecord | undefined,
): Promise<EndpointRecord | undefined> {
  const { lost, stands } = await write(ports, id, change)
  if (lost) ports.log.warn("webhook.health_untold", { endpoint: id })
  return stands
}

async function write(
  ports: AnnouncePorts,
  id: string,
  change: (current: EndpointRecord) => EndpointRecord | undefined,
): Promise<{ lost: boolean; stands: EndpointRecord | undefined }> {
  let before: EndpointRecord | undefined
  const { lost, stored } = await tryUpdate<EndpointRecord>(ports.records, endpointRecordId(id), ({ body }) => {
    before = body
    const next = change(body)
    return next === undefined ? undefined : endpointToStore(next)
  })
  if (lost || stored === undefined || before === undefined) return { lost, stands: stored?.body }
  if ((stored.body.state === "disabled") !== (before.state === "disabled")) await syncEndpointList(ports, id)
  const known = new Set(before.announce.map((event) => event.id))
  await announceEvents(
    ports,
    stored.body.announce.filter((event) => !known.has(event.id)),
  )
  return { lost, stands: stored.body }
}

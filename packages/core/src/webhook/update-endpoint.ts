import { type AnnouncePorts, announceEvents } from "../event/announce-events.ts"
import { updateRecord } from "../record/update-record.ts"
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
  let before: EndpointRecord | undefined
  const stored = await updateRecord<EndpointRecord>(ports.records, endpointRecordId(id), ({ body }) => {
    before = body
    const next = change(body)
    return next === undefined ? undefined : endpointToStore(next)
  })
  if (stored === undefined || before === undefined) return undefined
  if ((stored.body.state === "disabled") !== (before.state === "disabled")) await syncEndpointList(ports, id)
  const known = new Set(before.announce.map((event) => event.id))
  await announceEvents(
    ports,
    stored.body.announce.filter((event) => !known.has(event.id)),
  )
  return stored.body
}

import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { updateRecord } from "../record/update-record.ts"
import { type EndpointRecord, endpointRecordId } from "./endpoint.ts"
import { enabled, withReplayUntil } from "./endpoint-health.ts"
import { endpointToStore } from "./endpoint-index.ts"
import { type EndpointList, endpointListId } from "./endpoint-list.ts"
import { findEndpoint } from "./get-endpoint.ts"
import { replayJob } from "./replay-log.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"

/**
 * Sends to an endpoint again, as to a new one, and brings it what it missed while disabled. An endpoint that works is left as it is;
 * calling again makes sure of the replay where an earlier call was cut off.
 * @throws RelayError `not_found`.
 */
export async function enableEndpoint(
  ports: Pick<Ports, "records" | "jobs" | "clock">,
  actor: Actor,
  id: string,
): Promise<EndpointRecord> {
  await findEndpoint(ports, actor, id)
  const now = ports.clock.now()
  const list = await ports.records.get<EndpointList>(endpointListId)
  const leftOut = list?.body.endpoints.some((filter) => filter.id === id && filter.disabled === true) === true
  const stored = await updateRecord<EndpointRecord>(ports.records, endpointRecordId(id), ({ body }) => {
    if (body.state !== "enabled" || body.pausedUntil !== 0) return endpointToStore(enabled(body, { now }))
    // An earlier call was cut off before the list: fan-out has left the endpoint out until now.
    return leftOut && body.replay !== null ? endpointToStore(withReplayUntil(body, now)) : undefined
  })
  if (stored === undefined) throw new RelayError("not_found", `There is no endpoint ${id}.`)
  await syncEndpointList(ports, id)
  if (stored.body.replay !== null) await ports.jobs.send([{ job: replayJob(id), group: id }])
  return stored.body
}

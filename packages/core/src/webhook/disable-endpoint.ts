import { RelayError } from "../error/relay-error.ts"
import type { AnnouncePorts } from "../event/announce-events.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { EndpointRecord } from "./endpoint.ts"
import { disabled } from "./endpoint-health.ts"
import { findEndpoint } from "./get-endpoint.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"
import { updateEndpoint } from "./update-endpoint.ts"

/** Stops sending to an endpoint; its events wait until it is enabled, as long as events are kept. @throws RelayError `not_found`. */
export async function disableEndpoint(
  ports: AnnouncePorts & Pick<Ports, "clock">,
  actor: Actor,
  id: string,
): Promise<EndpointRecord> {
  await findEndpoint(ports, actor, id)
  const moment = { ids: ports.ids, now: ports.clock.now() }
  const record = await updateEndpoint(ports, id, (current) =>
    current.state === "disabled" ? undefined : disabled(current, "requested", moment),
  )
  if (record === undefined) throw new RelayError("not_found", `There is no endpoint ${id}.`)
  await syncEndpointList(ports, id)
  return record
}

import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { checkChosenId } from "../record/chosen-id.ts"
import { checkEndpoint } from "./check-endpoint.ts"
import type { EndpointRecord } from "./endpoint.ts"
import { endpointToStore } from "./endpoint-index.ts"
import type { EndpointInput } from "./endpoint-input.ts"
import { checkHeaders, checkSecret, makeSecret, seal } from "./endpoint-secret.ts"
import { checkBindings } from "./get-endpoint.ts"
import { pingEndpoint } from "./ping-endpoint.ts"
import { listNewEndpoint, syncEndpointList } from "./sync-endpoint-list.ts"

export type EndpointPorts = Pick<Ports, "records" | "ids" | "clock" | "secrets" | "vet" | "webhooks">

export interface ShownSecret {
  record: EndpointRecord
  /** The secret, this once; null where nothing was made or given. */
  secret: string | null
}

/**
 * Makes an endpoint. Its record is the commit point; it stands in the list for fan-out before. Sends nothing unless `verify` asks for a ping
 * first, which must be answered with 2xx.
 * @throws RelayError `already_exists`, `exceeds_own_rights`, `verification_failed`, and as checkEndpoint.
 */
export async function createEndpoint(
  ports: EndpointPorts,
  actor: Actor,
  input: EndpointInput & { id: string | null; verify: boolean },
): Promise<ShownSecret & { secret: string }> {
  if (input.id !== null) checkChosenId(input.id)
  await checkBindings(ports, actor, input.settings)
  const settings = await checkEndpoint(ports, input.settings)
  const secret = input.secret === undefined ? makeSecret(ports) : checkSecret(input.secret)
  const record = newEndpoint(ports, { ...input, settings, secret })
  if (input.verify) await pingEndpoint(ports, record)
  await listNewEndpoint(ports, record)
  const put = await ports.records.put<EndpointRecord>(endpointToStore(record), { absent: true })
  // An event that came in between found no endpoint and took it off the list.
  await syncEndpointList(ports, record.id)
  if (!put.won) throw new RelayError("already_exists", `There is an endpoint with the id ${record.id}.`)
  return { record, secret }
}

function newEndpoint(
  ports: Pick<Ports, "ids" | "clock" | "secrets">,
  input: EndpointInput & { id: string | null; secret: string },
): EndpointRecord {
  const id = input.id ?? ports.ids.random("ep")
  const at = new Date(ports.clock.now()).toISOString()
  const headers = Object.entries(checkHeaders(input.headers ?? {}))
  return {
    id,
    created_at: at,
    updated_at: at,
    settings: input.settings,
    revision: 1,
    secrets: [{ sealed: seal(ports, id, input.secret), until: null }],
    headers: Object.fromEntries(headers.map(([name, value]) => [name, seal(ports, id, value)])),
    state: "enabled",
    disabled_reason: null,
    consecutive_failures: 0,
    failing_since: null,
    last_success_at: null,
    pausedUntil: 0,
    api_version: "v1",
    last_error: null,
    missed_from: null,
    replay: null,
    announce: [],
  }
}

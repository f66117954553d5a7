import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { checkChosenId } from "../record/chosen-id.ts"
import { type Once, onceId, originMark, wasMadeBy } from "../record/once.ts"
import { checkEndpoint } from "./check-endpoint.ts"
import { type EndpointRecord, endpointRecordId } from "./endpoint.ts"
import { endpointToStore } from "./endpoint-index.ts"
import type { EndpointInput } from "./endpoint-input.ts"
import { checkHeaders, checkSecret, makeSecret, seal } from "./endpoint-secret.ts"
import { checkBindings } from "./get-endpoint.ts"
import { pingEndpoint } from "./ping-endpoint.ts"
import { secretContext } from "./post-event.ts"
import { listNewEndpoint, syncEndpointList } from "./sync-endpoint-list.ts"

export type EndpointPorts = Pick<Ports, "records" | "ids" | "clock" | "secrets" | "vet" | "webhooks">

export interface ShownSecret {
  record: EndpointRecord
  /** The secret, this once; null where nothing was made or given. */
  secret: string | null
}

export interface NewEndpoint extends EndpointInput {
  /** The caller's; null: one is made. */
  id: string | null
  verify: boolean
  /** A repeat finds the endpoint that an earlier run made, and answers the same. */
  once?: Once | undefined
}

/**
 * Makes an endpoint. Its record is the commit point; it stands in the list for fan-out before. Sends nothing unless `verify` asks for a ping
 * first, which must be answered with 2xx.
 * @throws RelayError `already_exists`, `exceeds_own_rights`, `verification_failed`, and as checkEndpoint.
 */
export async function createEndpoint(
  ports: EndpointPorts,
  actor: Actor,
  input: NewEndpoint,
): Promise<ShownSecret & { secret: string }> {
  const { once } = input
  if (input.id !== null) checkChosenId(input.id)
  await checkBindings(ports, actor, input.settings)
  const settings = await checkEndpoint(ports, input.settings)
  const secret = input.secret === undefined ? makeSecret(ports) : checkSecret(input.secret)
  const id = input.id ?? onceId(ports.ids, "ep", once)
  const earlier = once === undefined ? undefined : await ports.records.get<EndpointRecord>(endpointRecordId(id))
  if (earlier !== undefined && wasMadeBy(ports.ids, earlier.body, once)) return again(ports, earlier.body)
  const record = { ...newEndpoint(ports, { ...input, id, settings, secret }), ...originMark(ports.ids, once) }
  if (input.verify) await pingEndpoint(ports, record)
  await listNewEndpoint(ports, record)
  const put = await ports.records.put<EndpointRecord>(endpointToStore(record), { absent: true })
  // An event that came in between found no endpoint and took it off the list.
  await syncEndpointList(ports, record.id)
  if (put.won) return { record, secret }
  if (put.current !== undefined && wasMadeBy(ports.ids, put.current.body, once)) return again(ports, put.current.body)
  throw new RelayError("already_exists", `There is an endpoint with the id ${record.id}.`)
}

/** The answer of an earlier run that did not reach its caller. */
async function again(
  ports: Pick<Ports, "records" | "secrets">,
  record: EndpointRecord,
): Promise<ShownSecret & { secret: string }> {
  await syncEndpointList(ports, record.id)
  const [current] = record.secrets
  return { record, secret: current === undefined ? "" : ports.secrets.open(current.sealed, secretContext(record.id)) }
}

function newEndpoint(
  ports: Pick<Ports, "ids" | "clock" | "secrets">,
  input: EndpointInput & { id: string; secret: string },
): EndpointRecord {
  const { id } = input
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

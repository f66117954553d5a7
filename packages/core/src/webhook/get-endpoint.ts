import { RelayError } from "../error/relay-error.ts"
import { bindingsWithin } from "../key/check-grant.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { StoredRecord } from "../ports/record-store.ts"
import { type EndpointRecord, endpointRecordId } from "./endpoint.ts"
import { reviveReplay } from "./replay-log.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"

/** An endpoint, as far as the actor may see it; heals the list that fan-out reads and a replay that stopped. @throws RelayError `not_found`. */
export async function getEndpoint(
  ports: Pick<Ports, "records" | "jobs" | "clock">,
  actor: Actor,
  id: string,
): Promise<EndpointRecord> {
  const { body } = await findEndpoint(ports, actor, id)
  await syncEndpointList(ports, id)
  await reviveReplay(ports, body)
  return body
}

/** @throws RelayError `not_found`, also where the actor may not see it. */
export async function findEndpoint(
  ports: Pick<Ports, "records">,
  actor: Actor,
  id: string,
): Promise<StoredRecord<EndpointRecord>> {
  const found = await ports.records.get<EndpointRecord>(endpointRecordId(id))
  if (found !== undefined && (await bindingsWithin(ports, actor, found.body.settings))) return found
  throw new RelayError("not_found", `There is no endpoint ${id}.`)
}

/** @throws RelayError `exceeds_own_rights` when the endpoint would get events that the actor may not see. */
export async function checkBindings(
  ports: Pick<Ports, "records">,
  actor: Actor,
  wanted: { accounts: string[] | null; tenants: string[] | null },
): Promise<void> {
  if (await bindingsWithin(ports, actor, wanted)) return
  const detail = "The endpoint would get events of accounts or tenants beyond your own."
  throw new RelayError("exceeds_own_rights", detail, {
    errors: [{ pointer: "/accounts", code: "exceeds_own_rights", detail }],
  })
}

import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { updateRecord } from "../record/update-record.ts"
import { type EndpointRecord, endpointRecordId } from "./endpoint.ts"
import { endpointToStore } from "./endpoint-index.ts"
import { checkSecret, makeSecret, seal } from "./endpoint-secret.ts"
import { findEndpoint } from "./get-endpoint.ts"

export type RotatePorts = Pick<Ports, "records" | "ids" | "clock" | "secrets">

/**
 * Gives an endpoint a new secret, shown once. The old one signs beside it for the overlap, so that a receiver may change over at
 * any time within it.
 * @throws RelayError `not_found`; `state_conflict` while the overlap of an earlier rotation lasts.
 */
export async function rotateSecret(
  ports: RotatePorts,
  actor: Actor,
  rotation: { id: string; overlapSeconds: number; secret?: string },
): Promise<{ record: EndpointRecord; secret: string }> {
  await findEndpoint(ports, actor, rotation.id)
  const secret = rotation.secret === undefined ? makeSecret(ports) : checkSecret(rotation.secret)
  const sealed = seal(ports, rotation.id, secret)
  const now = ports.clock.now()
  const record = await changeSecrets(ports, rotation.id, (secrets) => {
    const [first, ...old] = secrets
    if (old.some(({ until }) => until === null || until > now)) throw stillOverlapping()
    const until = now + rotation.overlapSeconds * 1000
    return [{ sealed, until: null }, ...(first === undefined || until <= now ? [] : [{ sealed: first.sealed, until }])]
  })
  return { record, secret }
}

/** Ends every overlap at once. @throws RelayError `not_found`. */
export async function revokeOldSecrets(ports: RotatePorts, actor: Actor, id: string): Promise<EndpointRecord> {
  await findEndpoint(ports, actor, id)
  return changeSecrets(ports, id, (secrets) => secrets.slice(0, 1))
}

async function changeSecrets(
  ports: Pick<Ports, "records" | "clock">,
  id: string,
  change: (secrets: EndpointRecord["secrets"]) => EndpointRecord["secrets"],
): Promise<EndpointRecord> {
  const updated_at = new Date(ports.clock.now()).toISOString()
  const stored = await updateRecord<EndpointRecord>(ports.records, endpointRecordId(id), ({ body }) =>
    endpointToStore({ ...body, secrets: change(body.secrets), updated_at, revision: body.revision + 1 }),
  )
  if (stored === undefined) throw new RelayError("not_found", `There is no endpoint ${id}.`)
  return stored.body
}

function stillOverlapping(): RelayError {
  return new RelayError("state_conflict", "The secret was rotated a short time ago and the one before still signs.", {
    fix: "Call revoke_old_secrets first, or wait for the end of the overlap.",
    extra: { current: "rotating", allowed: [] },
  })
}

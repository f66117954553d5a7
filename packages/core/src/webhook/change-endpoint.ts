import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { checkEndpoint } from "./check-endpoint.ts"
import type { EndpointRecord } from "./endpoint.ts"
import { endpointToStore } from "./endpoint-index.ts"
import type { EndpointInput } from "./endpoint-input.ts"
import { checkHeaders, checkSecret, seal } from "./endpoint-secret.ts"
import { checkBindings, findEndpoint } from "./get-endpoint.ts"
import { secretContext } from "./post-event.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"

const maxTries = 5

export interface EndpointChange {
  id: string
  when: Precondition | undefined
  /** What the endpoint shall be; absent secrets are kept, `removed` headers are not. */
  input(current: EndpointRecord): EndpointInput & { keepHeaders: boolean; removed?: readonly string[] }
}

export type ChangePorts = Pick<Ports, "records" | "clock" | "secrets" | "vet">

/**
 * Writes changed settings by version and brings the list in step; equal ones write nothing but heal the list.
 * @throws RelayError `not_found`, `version_mismatch`, `secret_required`, `exceeds_own_rights`, `overloaded`, and as checkEndpoint.
 */
export async function changeEndpoint(
  ports: ChangePorts,
  actor: Actor,
  change: EndpointChange,
): Promise<EndpointRecord> {
  for (let tries = 0; tries < maxTries; tries++) {
    const { body: current, v } = await findEndpoint(ports, actor, change.id)
    checkPrecondition(current, change.when)
    const input = change.input(current)
    await checkBindings(ports, actor, input.settings)
    const settings = await checkEndpoint(ports, input.settings)
    const headers = changedHeaders(ports, current, input)
    const given = Object.keys(input.headers ?? {}).map((name) => name.toLowerCase())
    requireHeaders(current, { url: settings.url, headers: Object.keys(headers), given })
    const secrets = changedSecrets(ports, current, input.secret)
    const same = JSON.stringify([settings, headers, secrets])
    const unchanged = same === JSON.stringify([current.settings, current.headers, current.secrets])
    const updated_at = new Date(ports.clock.now()).toISOString()
    const next = { ...current, settings, headers, secrets, updated_at, revision: current.revision + 1 }
    const won = unchanged || (await ports.records.put<EndpointRecord>(endpointToStore(next), { version: v })).won
    if (!won) continue
    await syncEndpointList(ports, change.id)
    return unchanged ? current : next
  }
  throw new RelayError("overloaded", "The endpoint changed too often to be written. Try again.", { retryAfterMs: 1000 })
}

/** Sealed values, the old ones where the plain text is the same, so that an equal PUT changes nothing. */
function changedHeaders(
  ports: Pick<Ports, "secrets">,
  current: EndpointRecord,
  input: ReturnType<EndpointChange["input"]>,
): Record<string, string> {
  const given = Object.entries(checkHeaders(input.headers ?? {})).map(([name, value]) => {
    const before = current.headers[name]
    const same = before !== undefined && ports.secrets.open(before, secretContext(current.id)) === value
    return [name, same ? before : seal(ports, current.id, value)] as const
  })
  const gone = new Set(input.removed?.map((name) => name.toLowerCase()))
  const kept = input.keepHeaders ? Object.entries(current.headers).filter(([name]) => !gone.has(name)) : []
  const all = Object.fromEntries([...kept, ...given])
  checkHeaders(Object.fromEntries(Object.keys(all).map((name) => [name, "x"])))
  return all
}

function changedSecrets(
  ports: Pick<Ports, "secrets">,
  current: EndpointRecord,
  secret: string | undefined,
): EndpointRecord["secrets"] {
  if (secret === undefined) return current.secrets
  const [first] = current.secrets
  const plain = checkSecret(secret)
  if (first !== undefined && ports.secrets.open(first.sealed, secretContext(current.id)) === plain)
    return current.secrets
  return [{ sealed: seal(ports, current.id, plain), until: null }]
}

/** Else whoever may change the URL could have the stored values sent to themselves. */
function requireHeaders(current: EndpointRecord, next: { url: string; headers: string[]; given: string[] }): void {
  if (next.url === current.settings.url) return
  const kept = next.headers.filter((name) => !next.given.includes(name))
  if (kept.length === 0) return
  throw new RelayError("secret_required", "A changed url needs the values of its headers again.", {
    errors: kept.map((name) => ({
      pointer: `/headers/${name}`,
      code: "required",
      detail: `The value of ${name} must be given with a new url.`,
    })),
  })
}

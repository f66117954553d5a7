import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { checkGrant } from "./check-grant.ts"
import { getKey } from "./get-key.ts"
import type { Actor, KeyRecord, KeySettings } from "./key.ts"
import { keyToStore } from "./key-index.ts"

const maxTries = 5

export interface KeyChange {
  id: string
  when: Precondition | undefined
  settings(current: KeySettings): KeySettings
}

/**
 * Writes changed settings by version; equal ones write nothing.
 * @throws RelayError `not_found`, `version_mismatch`, `exceeds_own_rights`, `overloaded` after five lost races.
 */
export async function changeKey(
  ports: Pick<Ports, "records" | "clock">,
  actor: Actor,
  change: KeyChange,
): Promise<KeyRecord> {
  for (let tries = 0; tries < maxTries; tries++) {
    const { record } = await getKey(ports, actor, change.id)
    checkPrecondition(record.body, change.when)
    const settings = change.settings(record.body.settings)
    await checkGrant(ports, actor, settings)
    if (JSON.stringify(settings) === JSON.stringify(record.body.settings)) return record.body
    const updated_at = new Date(ports.clock.now()).toISOString()
    const body: KeyRecord = { ...record.body, settings, updated_at, revision: record.body.revision + 1 }
    const put = await ports.records.put<KeyRecord>(keyToStore(body), { version: record.v })
    if (put.won) return body
  }
  throw new RelayError("overloaded", "The key changed too often to be written. Try again.", { retryAfterMs: 1000 })
}

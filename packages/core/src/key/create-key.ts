import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { checkChosenId } from "../record/chosen-id.ts"
import { type Once, onceId, originMark, wasMadeBy } from "../record/once.ts"
import { checkGrant } from "./check-grant.ts"
import { claimKeyId } from "./claim-key-id.ts"
import type { Actor, KeyRecord, KeySettings } from "./key.ts"
import { keyToStore } from "./key-index.ts"
import { keySecret } from "./key-secret.ts"
import { readKey } from "./read-key.ts"
import { storeKeyRecord } from "./store-key-record.ts"

export interface KeyInput {
  /** The caller's; null: one is made. */
  id: string | null
  /** Of a key made elsewhere; null: one is made and shown once. */
  sha256: string | null
  settings: KeySettings
  /** A repeat finds the key that an earlier run made, and answers the same. */
  once?: Once | undefined
}

export interface ShownKey {
  record: KeyRecord
  /** The key itself, this once; null where the caller has it already. */
  key: string | null
}

/**
 * Makes a key with at most the actor's rights. The pointer of its id is the commit point: before it the key opens nothing.
 * @throws RelayError `exceeds_own_rights`, `already_exists`, `invalid_request` (id).
 */
export async function createKey(
  ports: Pick<Ports, "records" | "ids" | "clock">,
  actor: Actor,
  input: KeyInput,
): Promise<ShownKey> {
  const { once, settings } = input
  if (input.id !== null) checkChosenId(input.id)
  await checkGrant(ports, actor, settings)
  const { sha256, key } = keySecret(ports, { test: settings.test, sha256: input.sha256, once })
  const id = input.id ?? onceId(ports.ids, "key", once)
  const earlier = once === undefined ? undefined : (await readKey(ports, id))?.record.body
  if (earlier !== undefined && wasMadeBy(ports.ids, earlier, once)) return { record: earlier, key }
  const at = new Date(ports.clock.now()).toISOString()
  const made = { id, sha256, created_at: at, updated_at: at, revision: 1, settings }
  const record: KeyRecord = { ...made, ...originMark(ports.ids, once) }
  const stored = keyToStore(record)
  const v = await storeKeyRecord(ports, stored)
  const holder = await claimKeyId(ports, id, sha256)
  if (holder === sha256) return { record, key }
  await ports.records.delete(stored.id, { version: v })
  throw new RelayError("already_exists", `There is a key with the id ${id}.`)
}

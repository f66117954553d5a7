import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { checkChosenId } from "../record/chosen-id.ts"
import { checkGrant } from "./check-grant.ts"
import type { Actor, KeyRecord, KeySettings } from "./key.ts"
import { keyToStore } from "./key-index.ts"
import { type KeyPointer, keyPointerId } from "./key-pointer.ts"
import { keySecret } from "./key-secret.ts"
import { storeKeyRecord } from "./store-key-record.ts"

export interface KeyInput {
  /** The caller's; null: one is made. */
  id: string | null
  /** Of a key made elsewhere; null: one is made and shown once. */
  sha256: string | null
  settings: KeySettings
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
  if (input.id !== null) checkChosenId(input.id)
  await checkGrant(ports, actor, input.settings)
  const { sha256, key } = keySecret(ports, { test: input.settings.test, sha256: input.sha256 })
  const at = new Date(ports.clock.now()).toISOString()
  const id = input.id ?? ports.ids.random("key")
  const record: KeyRecord = { id, sha256, created_at: at, updated_at: at, revision: 1, settings: input.settings }
  const stored = keyToStore(record)
  const v = await storeKeyRecord(ports, stored)
  const pointer = await ports.records.put<KeyPointer>({ id: keyPointerId(id), body: { sha256 } }, { absent: true })
  if (!pointer.won) {
    await ports.records.delete(stored.id, { version: v })
    throw new RelayError("already_exists", `There is a key with the id ${id}.`)
  }
  return { record, key }
}

import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { isBound } from "./authorize.ts"
import { getKey } from "./get-key.ts"
import type { Actor, KeyRecord } from "./key.ts"
import { type KeyPointer, keyPointerId } from "./key-pointer.ts"
import { readKey } from "./read-key.ts"

const maxTries = 5

/**
 * Revokes a key, and with it every earlier one in its overlap. The record is the commit point: without it none of them opens anything,
 * and a pointer that a cut off run leaves behind gives way to the next key of this id, or goes with the next call.
 * @throws RelayError `not_found`, `version_mismatch`, `overloaded` after five lost races.
 */
export async function deleteKey(
  ports: Pick<Ports, "records">,
  actor: Actor,
  target: { id: string; when: Precondition | undefined },
): Promise<void> {
  if (!isBound(actor.settings) && (await finish(ports, target.id))) return
  for (let tries = 0; tries < maxTries; tries++) {
    const { record, pointer } = await getKey(ports, actor, target.id)
    checkPrecondition(record.body, target.when)
    if (!(await ports.records.delete(record.id, { version: record.v })).won) continue
    if ((await ports.records.delete(pointer.id, { version: pointer.v })).won) return
    return removeRotated(ports, record.body)
  }
  throw lostRaces()
}

/** Whether there was nothing left to delete but the pointer. */
async function finish(ports: Pick<Ports, "records">, id: string): Promise<boolean> {
  const pointer = await ports.records.get<KeyPointer>(keyPointerId(id))
  if (pointer === undefined || (await readKey(ports, id)) !== undefined) return false
  return (await ports.records.delete(pointer.id, { version: pointer.v })).won
}

/** A rotation that was under way moved the pointer after its key was deleted: the new one goes too, but no later life of the id. */
async function removeRotated(ports: Pick<Ports, "records">, deleted: KeyRecord): Promise<void> {
  for (let tries = 0; tries < maxTries; tries++) {
    const pointer = await ports.records.get<KeyPointer>(keyPointerId(deleted.id))
    if (pointer === undefined) return
    const now = await readKey(ports, deleted.id)
    if (now !== undefined && now.record.body.created_at !== deleted.created_at) return
    if (now !== undefined && !(await ports.records.delete(now.record.id, { version: now.record.v })).won) continue
    if ((await ports.records.delete(pointer.id, { version: pointer.v })).won) return
  }
  throw lostRaces()
}

function lostRaces(): RelayError {
  return new RelayError("overloaded", "The key changed too often to be deleted. Try again.", { retryAfterMs: 1000 })
}

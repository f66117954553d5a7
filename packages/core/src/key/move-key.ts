import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { type KeyRecord, keyRecordId } from "./key.ts"
import { keyToStore } from "./key-index.ts"
import type { KeyPointer } from "./key-pointer.ts"
import type { StoredKey } from "./read-key.ts"
import { storeKeyRecord } from "./store-key-record.ts"

/**
 * Gives an id another key; the old one works for `overlapMs` more. The pointer is the commit point: cut off before it, the old
 * key goes on; cut off after it, the old key still ends when its overlap does.
 */
export async function moveKey(
  ports: Pick<Ports, "records" | "clock">,
  stored: StoredKey,
  to: { sha256: string; overlapMs: number },
): Promise<KeyRecord> {
  const { records, clock } = ports
  const now = clock.now()
  const { successor: _ended, ...old } = stored.record.body
  const body: KeyRecord = {
    ...old,
    sha256: to.sha256,
    updated_at: new Date(now).toISOString(),
    revision: old.revision + 1,
  }
  await storeKeyRecord(ports, keyToStore(body))
  const until = now + to.overlapMs
  const leaving: KeyRecord = { ...old, successor: { until } }
  const marked = await records.put<KeyRecord>(keyToStore(leaving), { version: stored.record.v })
  if (!marked.won) throw lostRace()
  const moved = await records.put<KeyPointer>(
    { id: stored.pointer.id, body: { sha256: to.sha256 } },
    { version: stored.pointer.v },
  )
  if (!moved.won) throw lostRace()
  await records.put<KeyRecord>(
    { id: keyRecordId(old.sha256), body: leaving, expiresAt: until + 60_000 },
    { version: marked.v },
  )
  return body
}

function lostRace(): RelayError {
  return new RelayError("overloaded", "The key was changed at the same moment. Try again.", { retryAfterMs: 1000 })
}

import type { Ports } from "../ports/ports.ts"
import { type Actor, actorId, type KeyRecord, keyRecordId } from "./key.ts"
import { type KeyPointer, keyPointerId } from "./key-pointer.ts"

/**
 * The rights behind a presented key, by its SHA-256 in lower-case hex; undefined when unknown, revoked or expired. A key that
 * was rotated away works until its overlap ends, with the rights its successor has now.
 */
export async function findKey(ports: Pick<Ports, "records" | "clock">, sha256: string): Promise<Actor | undefined> {
  const found = await ports.records.get<KeyRecord>(keyRecordId(sha256))
  if (found === undefined) return undefined
  const pointer = await ports.records.get<KeyPointer>(keyPointerId(found.body.id))
  if (pointer === undefined) return undefined
  const record = await currentRecord(ports, found.body, pointer.body)
  if (record === undefined) return undefined
  const { expires_at } = record.settings
  if (expires_at !== null && Date.parse(expires_at) <= ports.clock.now()) return undefined
  return { keyId: actorId(record), settings: record.settings }
}

async function currentRecord(
  ports: Pick<Ports, "records" | "clock">,
  record: KeyRecord,
  pointer: KeyPointer,
): Promise<KeyRecord | undefined> {
  if (pointer.sha256 === record.sha256) return record
  if (record.successor === undefined || record.successor.until <= ports.clock.now()) return undefined
  const successor = await ports.records.get<KeyRecord>(keyRecordId(pointer.sha256))
  // The same id may live a second life under another key; an old overlap must not reach into it.
  return successor?.body.created_at === record.created_at ? successor.body : undefined
}

import type { NewRecord } from "../ports/record-store.ts"
import { type KeyRecord, keyRecordId } from "./key.ts"

/** Part of the index `day` that lists all keys, by time of creation. */
export const keyListPart = "key"

/** The record of a current key, listed. */
export function keyToStore(body: KeyRecord): NewRecord<KeyRecord> {
  return {
    id: keyRecordId(body.sha256),
    body,
    index: { day: { part: keyListPart, sort: `${body.created_at}#${body.id}` } },
  }
}

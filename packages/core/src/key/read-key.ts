import type { Ports } from "../ports/ports.ts"
import type { StoredRecord } from "../ports/record-store.ts"
import { type KeyRecord, keyRecordId } from "./key.ts"
import { type KeyPointer, keyPointerId } from "./key-pointer.ts"

export interface StoredKey {
  pointer: StoredRecord<KeyPointer>
  record: StoredRecord<KeyRecord>
}

/** The current key of an id, strongly consistent; undefined when there is none. */
export async function readKey(ports: Pick<Ports, "records">, id: string): Promise<StoredKey | undefined> {
  const pointer = await ports.records.get<KeyPointer>(keyPointerId(id))
  if (pointer === undefined) return undefined
  const record = await ports.records.get<KeyRecord>(keyRecordId(pointer.body.sha256))
  return record === undefined || record.body.id !== id ? undefined : { pointer, record }
}

import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import type { NewRecord } from "../ports/record-store.ts"
import type { KeyRecord } from "./key.ts"
import { type KeyPointer, keyPointerId } from "./key-pointer.ts"

/**
 * Writes the record of a hash that no id points to yet, over one that a crash left behind.
 * @returns its version.
 * @throws RelayError `already_exists` when the hash belongs to a key.
 */
export async function storeKeyRecord(ports: Pick<Ports, "records">, record: NewRecord<KeyRecord>): Promise<number> {
  const put = await ports.records.put<KeyRecord>(record, { absent: true })
  if (put.won) return put.v
  const left = put.current
  if (left !== undefined && left.body.successor === undefined && !(await isPointedTo(ports, left.body))) {
    const again = await ports.records.put<KeyRecord>(record, { version: left.v })
    if (again.won) return again.v
  }
  throw new RelayError("already_exists", "This key is in use already.", {
    errors: [{ pointer: "/sha256", code: "duplicate", detail: "sha256 belongs to another key." }],
  })
}

async function isPointedTo(ports: Pick<Ports, "records">, record: KeyRecord): Promise<boolean> {
  const pointer = await ports.records.get<KeyPointer>(keyPointerId(record.id))
  return pointer?.body.sha256 === record.sha256
}

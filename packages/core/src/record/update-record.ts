import { RelayError } from "../error/relay-error.ts"
import type { NewRecord, RecordStore, StoredRecord } from "../ports/record-store.ts"

const maxTries = 12

/**
 * Reads a record, lets `change` decide and writes by version; a lost race reads and decides again, up to 12 times.
 * `change` answers the record to write, or undefined to leave it as it is.
 * @returns what stands in the store afterwards; undefined when there is no such record.
 * @throws RelayError `overloaded` when every try was lost.
 */
export async function updateRecord<B>(
  records: Pick<RecordStore, "get" | "put">,
  id: string,
  change: (current: StoredRecord<B>) => NewRecord<B> | undefined,
): Promise<StoredRecord<B> | undefined> {
  let current = await records.get<B>(id)
  for (let tries = 0; tries < maxTries; tries++) {
    if (current === undefined) return undefined
    const next = change(current)
    if (next === undefined) return current
    const put = await records.put<B>(next, { version: current.v })
    if (put.won) return { ...next, v: put.v }
    current = put.current ?? (await records.get<B>(id))
  }
  throw new RelayError("overloaded", "The record changed too often to be written. Try again.", {
    internal: `update of ${id} lost ${maxTries} races`,
    retryAfterMs: 1000,
  })
}

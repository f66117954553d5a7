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
  const { lost, stored } = await tryUpdate(records, id, change)
  if (lost) throw lostRaces(id)
  return stored
}

/** As `updateRecord`, for callers that can do without: where every try was lost, `lost`, with what stood there last. */
export async function tryUpdate<B>(
  records: Pick<RecordStore, "get" | "put">,
  id: string,
  change: (current: StoredRecord<B>) => NewRecord<B> | undefined,
): Promise<{ lost: boolean; stored: StoredRecord<B> | undefined }> {
  let current = await records.get<B>(id)
  for (let tries = 0; tries < maxTries; tries++) {
    if (current === undefined) return { lost: false, stored: undefined }
    const next = change(current)
    if (next === undefined) return { lost: false, stored: current }
    const put = await records.put<B>(next, { version: current.v })
    if (put.won) return { lost: false, stored: { ...next, v: put.v } }
    current = put.current ?? (await records.get<B>(id))
  }
  return { lost: true, stored: current }
}

export const lostRaces = (id: string): RelayError =>
  new RelayError("overloaded", "The record changed too often to be written. Try again.", {
    internal: `update of ${id} lost ${maxTries} races`,
    retryAfterMs: 1000,
  })

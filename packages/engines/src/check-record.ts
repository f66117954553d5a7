import { RelayError } from "@postrider/core/error/relay-error"
import { indexNames, type NewRecord, type Query } from "@postrider/core/ports/record-store"

/** Octets of a serialised body. Larger things are content. */
export const maxBodyBytes: number = 100 * 1024
const maxIdBytes = 512
const maxEntryBytes = 1024

/**
 * Serialises the body of a record that keeps the limits of RecordStore.
 * @throws RelayError `body_too_large` over 100 KB; `internal` for an id, index entry or expiry that no engine could keep.
 */
export function checkRecord(record: NewRecord<unknown>): string {
  checkRecordId(record.id)
  for (const name of indexNames) {
    const entry = record.index?.[name]
    if (entry === undefined) continue
    checkText(entry.part, `part of index ${name}`, maxEntryBytes)
    if (entry.sort !== "") checkText(entry.sort, `sort of index ${name}`, maxEntryBytes)
  }
  if (record.expiresAt !== undefined && !Number.isSafeInteger(record.expiresAt)) {
    throw badRecord(`expiry ${record.expiresAt} of ${record.id} is no whole number of milliseconds`)
  }
  return checkBody(record.id, record.body)
}

/** Serialises a body. @throws RelayError `body_too_large` over 100 KB, `internal` when it is not JSON. */
export function checkBody(id: string, body: unknown): string {
  const text: unknown = JSON.stringify(body)
  if (typeof text !== "string") throw badRecord(`body of ${id} is not JSON`)
  // An octet count is needed only where UTF-8 could pass the limit; a UTF-16 unit takes three octets at most.
  const bytes = text.length * 3 <= maxBodyBytes ? text.length : Buffer.byteLength(text)
  if (bytes <= maxBodyBytes) return text
  throw new RelayError("body_too_large", "The record is larger than 100 KB.", {
    internal: `body of ${id} has ${bytes} octets, ${maxBodyBytes} is the most`,
  })
}

export function checkRecordId(id: string): void {
  checkText(id, "record id", maxIdBytes)
}

/** Whether a record can have this id at all; what cannot is missing, for a reader. */
export function isRecordId(id: string): boolean {
  return id !== "" && id.isWellFormed() && Buffer.byteLength(id) <= maxIdBytes
}

export function checkQuery(part: string, query: Query): void {
  checkText(part, "part of a query", maxEntryBytes)
  if (!Number.isSafeInteger(query.limit) || query.limit < 1) throw badRecord(`query limit ${query.limit}`)
}

/** @throws RelayError `internal` unless `n` and a ceiling are finite numbers. */
export function checkAmount(n: number, ceiling: number | undefined): void {
  if (!Number.isFinite(n)) throw badRecord(`counter step ${n}`)
  if (ceiling !== undefined && Number.isNaN(ceiling)) throw badRecord("counter ceiling NaN")
}

function checkText(text: string, what: string, maxBytes: number): void {
  if (text === "") throw badRecord(`${what} is empty`)
  if (!text.isWellFormed()) throw badRecord(`${what} has a lone surrogate`)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) throw badRecord(`${what} has ${bytes} octets, ${maxBytes} is the most`)
}

function badRecord(internal: string): RelayError {
  return new RelayError("internal", "The record cannot be stored.", { internal })
}

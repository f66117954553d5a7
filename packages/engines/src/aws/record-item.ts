import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import { RelayError } from "@postrider/core/error/relay-error"
import { type IndexName, indexNames, type NewRecord, type StoredRecord } from "@postrider/core/ports/record-store"
import { readIndexKey, writeIndexKey } from "./index-key.ts"

export type Item = Record<string, AttributeValue>

/** Names of the table's attributes. `ttl` is in seconds, for DynamoDB; `expires` in milliseconds, for us. */
export const attribute = {
  id: "id",
  version: "v",
  body: "body",
  writer: "writer",
  ttl: "expires_at",
  expires: "expires_ms",
} as const

/** When a counter without expiry expires: the end of the year 9999. A later `add` could not tell a missing one from none. */
export const never: number = Date.UTC(9999, 11, 31)

/** Fields of a counter are attributes of their own, so that one request can add to them. */
const fieldPrefix = "n:"

export const partOf = (index: IndexName): string => `${index}_part`
export const sortOf = (index: IndexName): string => `${index}_sort`
export const fieldOf = (field: string): string => `${fieldPrefix}${field}`

export const text = (value: string): AttributeValue.SMember => ({ S: value })
export const number = (value: number): AttributeValue.NMember => ({ N: String(value) })

/** What `put` writes of a record, without its key and version. */
export function itemOf(record: NewRecord<unknown>, { body, writer }: { body: string; writer: string }): Item {
  const item: Item = { [attribute.body]: text(body), [attribute.writer]: text(writer), ...expiryOf(record.expiresAt) }
  for (const name of indexNames) {
    const entry = record.index?.[name]
    if (entry === undefined) continue
    item[partOf(name)] = text(entry.part)
    item[sortOf(name)] = text(writeIndexKey(entry.sort, record.id))
  }
  return item
}

/** All that `itemOf` may write, so that an update can remove the rest. */
export const writable: readonly string[] = [
  attribute.body,
  attribute.writer,
  attribute.ttl,
  attribute.expires,
  ...indexNames.flatMap((name) => [partOf(name), sortOf(name)]),
]

export function expiryOf(expiresAt: number | undefined): Item {
  if (expiresAt === undefined) return {}
  return { [attribute.ttl]: number(Math.ceil(expiresAt / 1000)), [attribute.expires]: number(expiresAt) }
}

export function recordOf<B>(item: Item): StoredRecord<B> {
  const id = idOf(item)
  const expiresAt = numberIn(item, attribute.expires)
  const index = indexOf(item)
  return {
    id,
    v: versionOf(item),
    body: bodyOf(item),
    ...(Object.keys(index).length > 0 && { index }),
    ...(expiresAt !== undefined && expiresAt < never && { expiresAt }),
  }
}

export function idOf(item: Item): string {
  const id = textIn(item, attribute.id)
  if (id === undefined) throw badItem("no id")
  return id
}

export function versionOf(item: Item): number {
  const v = numberIn(item, attribute.version)
  if (v === undefined) throw badItem(`no version in ${idOf(item)}`)
  return v
}

export function isLive(item: Item, now: number): boolean {
  const expiresAt = numberIn(item, attribute.expires)
  return expiresAt === undefined || expiresAt > now
}

export function isCounter(item: Item): boolean {
  return item[attribute.body] === undefined
}

export function textIn(item: Item, name: string): string | undefined {
  return item[name]?.S
}

export function numberIn(item: Item, name: string): number | undefined {
  const value = item[name]?.N
  return value === undefined ? undefined : Number(value)
}

function bodyOf(item: Item) {
  const body = textIn(item, attribute.body)
  if (body !== undefined) return JSON.parse(body)
  const counter: Record<string, number> = {}
  for (const name of Object.keys(item)) {
    if (name.startsWith(fieldPrefix)) counter[name.slice(fieldPrefix.length)] = numberIn(item, name) ?? 0
  }
  return counter
}

function indexOf(item: Item): NonNullable<NewRecord["index"]> {
  const index: NonNullable<NewRecord["index"]> = {}
  for (const name of indexNames) {
    const part = textIn(item, partOf(name))
    const key = textIn(item, sortOf(name))
    if (part !== undefined && key !== undefined) index[name] = { part, sort: readIndexKey(key).sort }
  }
  return index
}

function badItem(internal: string): RelayError {
  return new RelayError("internal", "The store failed.", { internal: `item with ${internal}` })
}

import { QueryCommand, type QueryCommandInput } from "@aws-sdk/client-dynamodb"
import type { IndexName, Page, Query } from "@postrider/core/ports/record-store"
import { checkQuery } from "../check-record.ts"
import { readPageCursor, writePageCursor } from "../page-cursor.ts"
import { compareUtf8 } from "../utf8-order.ts"
import { readIndexKey, writeIndexKey, writeSortPrefix } from "./index-key.ts"
import { readItems } from "./read-items.ts"
import { type Item, idOf, isLive, partOf, recordOf, sortOf, text, textIn } from "./record-item.ts"
import type { TableParts } from "./table.ts"

/** Both are inclusive. */
interface Bounds {
  low?: string
  high?: string
}

/**
 * Reads pages of an index: its keys, then their records, consistent. An entry that lags behind its record (gone, expired or elsewhere
 * by now) is left out, so what is shown stands where it is shown.
 */
export function createQuery(parts: TableParts) {
  return async <B>(index: IndexName, part: string, query: Query): Promise<Page<B>> => {
    checkQuery(part, query)
    const bounds = boundsOf(query)
    if (bounds === undefined) return { records: [] }
    const keys = await readKeys(parts, { index, part, query, bounds })
    const shown = keys.slice(0, query.limit)
    const items = await readItems(
      parts,
      shown.map(({ id }) => id),
    )
    const byId = new Map(items.map((item) => [idOf(item), item]))
    const now = parts.clock.now()
    const records = shown.flatMap(({ id, key }) => {
      const item = byId.get(id)
      const stands = item && textIn(item, partOf(index)) === part && textIn(item, sortOf(index)) === key
      return item && stands && isLive(item, now) ? [recordOf<B>(item)] : []
    })
    const last = shown.at(-1)
    if (keys.length <= query.limit || last === undefined) return { records }
    return { records, next: writePageCursor(readIndexKey(last.key)) }
  }
}

interface Scope {
  index: IndexName
  part: string
  query: Query
  bounds: Bounds
}

/** One key more than the page holds, where there is one. */
async function readKeys(
  parts: TableParts,
  { index, part, query, bounds }: Scope,
): Promise<{ id: string; key: string }[]> {
  const { dynamodb, name, requests } = parts
  const wanted = query.limit + 1
  // A bound from a cursor is inclusive on the way down, where its own entry comes once more.
  const before = query.after !== undefined && query.order === "desc" ? bounds.high : undefined
  const found: { id: string; key: string }[] = []
  let start: Item | undefined
  do {
    const missing = wanted - found.length + (before === undefined ? 0 : 1)
    const input: QueryCommandInput = {
      TableName: name,
      IndexName: index,
      ...conditionOf(index, part, bounds),
      ScanIndexForward: query.order === "asc",
      Limit: missing,
      ...(start !== undefined && { ExclusiveStartKey: start }),
    }
    const answer = await requests.ask((abortSignal) => dynamodb.send(new QueryCommand(input), { abortSignal }))
    for (const item of answer.Items ?? []) {
      const key = textIn(item, sortOf(index)) ?? ""
      if (key !== before) found.push({ id: idOf(item), key })
    }
    start = answer.LastEvaluatedKey
  } while (start !== undefined && found.length < wanted)
  return found
}

/** Undefined when nothing can lie between them, which DynamoDB would refuse. */
function boundsOf({ from, to, after, order }: Query): Bounds | undefined {
  const position = after === undefined ? undefined : readPageCursor(after)
  const reached = position && writeIndexKey(position.sort, position.id)
  const low = [
    ...(from === undefined || from === "" ? [] : [writeSortPrefix(from)]),
    // The next string there is.
    ...(reached !== undefined && order === "asc" ? [`${reached}\u0000`] : []),
  ]
    .toSorted(compareUtf8)
    .at(-1)
  const high = [
    ...(to === undefined ? [] : [writeSortPrefix(to)]),
    ...(reached !== undefined && order === "desc" ? [reached] : []),
  ]
    .toSorted(compareUtf8)
    .at(0)
  if (high === "" || (low !== undefined && high !== undefined && compareUtf8(low, high) > 0)) return undefined
  return { ...(low !== undefined && { low }), ...(high !== undefined && { high }) }
}

function conditionOf(index: IndexName, part: string, { low, high }: Bounds) {
  const names = { "#part": partOf(index) }
  const values: Item = { ":part": text(part) }
  if (low === undefined && high === undefined) {
    return {
      KeyConditionExpression: "#part = :part",
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    }
  }
  const range =
    low === undefined ? "#sort <= :high" : high === undefined ? "#sort >= :low" : "#sort BETWEEN :low AND :high"
  return {
    KeyConditionExpression: `#part = :part AND ${range}`,
    ExpressionAttributeNames: { ...names, "#sort": sortOf(index) },
    ExpressionAttributeValues: {
      ...values,
      ...(low !== undefined && { ":low": text(low) }),
      ...(high !== undefined && { ":high": text(high) }),
    },
  }
}

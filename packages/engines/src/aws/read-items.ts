import { BatchGetItemCommand } from "@aws-sdk/client-dynamodb"
import { overloaded } from "./aws-fault.ts"
import { attribute, type Item, text } from "./record-item.ts"
import type { TableParts } from "./table.ts"

/** What BatchGetItem takes. */
const maxKeys = 100
const maxRounds = 8
const firstPauseMs = 50

/** Strongly consistent, expired ones too; missing ones are left out, and order is not kept. */
export async function readItems(parts: TableParts, ids: readonly string[]): Promise<Item[]> {
  const unique = [...new Set(ids)]
  const chunks: Promise<Item[]>[] = []
  for (let at = 0; at < unique.length; at += maxKeys) chunks.push(readSome(parts, unique.slice(at, at + maxKeys)))
  return (await Promise.all(chunks)).flat()
}

/** DynamoDB answers a part when it is busy or the items are large (16 MB), and expects to be asked for the rest. */
async function readSome(parts: TableParts, ids: readonly string[]): Promise<Item[]> {
  const { dynamodb, name, requests, clock, ids: random } = parts
  const found: Item[] = []
  let keys: Item[] = ids.map((id) => ({ [attribute.id]: text(id) }))
  for (let round = 0; round < maxRounds; round++) {
    const command = new BatchGetItemCommand({ RequestItems: { [name]: { Keys: keys, ConsistentRead: true } } })
    const { Responses, UnprocessedKeys } = await requests.ask((abortSignal) => dynamodb.send(command, { abortSignal }))
    const items = Responses?.[name] ?? []
    found.push(...items)
    const rest = UnprocessedKeys?.[name]?.Keys ?? []
    if (rest.length === 0) return found
    // Nothing came: it is busy. Something came: it was too large, and the rest may follow at once.
    if (items.length === 0) await clock.sleep(firstPauseMs * 2 ** round * (0.5 + random.fraction()))
    keys = rest
  }
  throw overloaded(`${keys.length} of ${ids.length} items not read`)
}

import type { FaultKind } from "./aws-faults.ts"
import type { AwsLedger } from "./aws-ledger.ts"
import { itemBytes, readUnitsOf, type WireItem, writeUnitsOf } from "./dynamodb-units.ts"
import { forward, type WireAnswer, type WireRequest } from "./wire.ts"

interface Body {
  TableName: string
  Key?: WireItem
  Item?: WireItem
  ConsistentRead?: boolean
  RequestItems?: Record<string, { Keys: WireItem[]; ConsistentRead?: boolean }>
}

interface Change {
  at: number
  table: string
  id: string
  item: WireItem | undefined
}

export interface DynamodbProxy {
  handle(request: WireRequest, body: Buffer, fault: FaultKind | undefined): Promise<WireAnswer>
  /** Queries show writes this much later. */
  lag(ms: number): void
}

const target = "DynamoDB_20120810."
const writes: ReadonlySet<string> = new Set(["PutItem", "UpdateItem", "DeleteItem"])

/** Counts units from the items before and after, and answers queries from a second table that follows the first one late. */
export function createDynamodbProxy(options: {
  url: string
  replicaUrl: string
  ledger: AwsLedger
  now: () => number
}): DynamodbProxy {
  const { url, replicaUrl, ledger, now } = options
  const turns = new Map<string, Promise<unknown>>()
  /** Every item, as all writes come this way. */
  const items = new Map<string, WireItem>()
  let pending: Change[] = []
  let lagMs = 0

  async function call(base: string, request: WireRequest, [operation, body]: [string, unknown]): Promise<WireAnswer> {
    const headers = { ...request.headers, "x-amz-target": target + operation }
    return forward(base, { ...request, headers }, Buffer.from(JSON.stringify(body)))
  }

  async function readItem(request: WireRequest, table: string, id: WireItem): Promise<WireItem | undefined> {
    const answer = await call(url, request, ["GetItem", { TableName: table, Key: id, ConsistentRead: true }])
    const { Item }: { Item?: WireItem } = JSON.parse(answer.body.toString())
    return Item
  }

  async function write(request: WireRequest, body: Buffer, operation: string): Promise<WireAnswer> {
    const { TableName, Key, Item }: Body = JSON.parse(body.toString())
    const id = (Key ?? Item)?.id ?? {}
    const name = `${TableName} ${id.S}`
    const before = items.get(name)
    const answer = await forward(url, request, body)
    if (answer.status !== 200) {
      if (answer.body.includes("ConditionalCheckFailed")) ledger.add({ writeUnits: writeUnitsOf(before, before) })
      return answer
    }
    const after = operation === "UpdateItem" ? await readItem(request, TableName, { id }) : Item
    if (after) items.set(name, after)
    else items.delete(name)
    ledger.add({ writeUnits: writeUnitsOf(before, after) })
    if (lagMs > 0) pending.push({ at: now() + lagMs, table: TableName, id: id.S ?? "", item: after })
    return answer
  }

  async function query(request: WireRequest, body: Buffer): Promise<WireAnswer> {
    if (lagMs === 0) return forward(url, request, body)
    const due = pending.filter(({ at }) => at <= now())
    pending = pending.filter((change) => !due.includes(change))
    for (const { table, id, item } of due) {
      if (item) await call(replicaUrl, request, ["PutItem", { TableName: table, Item: item }])
      else await call(replicaUrl, request, ["DeleteItem", { TableName: table, Key: { id: { S: id } } }])
    }
    return forward(replicaUrl, request, body)
  }

  /** One write of an item at a time, so that its images belong to it. */
  async function inTurn<T>(body: Buffer, run: () => Promise<T>): Promise<T> {
    const { TableName, Key, Item }: Body = JSON.parse(body.toString())
    const key = `${TableName} ${(Key ?? Item)?.id?.S}`
    const turn = (turns.get(key) ?? Promise.resolve()).then(run)
    const settled = turn.catch(() => undefined)
    turns.set(key, settled)
    try {
      return await turn
    } finally {
      if (turns.get(key) === settled) turns.delete(key)
    }
  }

  return {
    async handle(request, body, fault) {
      const operation = String(request.headers["x-amz-target"]).slice(target.length)
      if (writes.has(operation)) return inTurn(body, () => write(request, body, operation))
      if (operation === "CreateTable") await forward(replicaUrl, request, body)
      if (operation === "BatchGetItem" && fault === "partly")
        return readOne(body, (some) => forward(url, request, some))
      const answer = operation === "Query" ? await query(request, body) : await forward(url, request, body)
      ledger.add({ readUnits: readUnits(operation, { request: body, answer: answer.body }) })
      return answer
    },
    lag(ms) {
      lagMs = ms
    },
  }
}

/** Reads the first key and leaves the others for another time. */
async function readOne(body: Buffer, send: (body: Buffer) => Promise<WireAnswer>): Promise<WireAnswer> {
  const { RequestItems = {} }: Body = JSON.parse(body.toString())
  const [table = "", { Keys, ...rest } = { Keys: [] }] = Object.entries(RequestItems)[0] ?? []
  const answer = await send(
    Buffer.from(JSON.stringify({ RequestItems: { [table]: { Keys: Keys.slice(0, 1), ...rest } } })),
  )
  const left = Keys.slice(1)
  const UnprocessedKeys = left.length > 0 ? { [table]: { Keys: left, ...rest } } : {}
  const shown = { ...JSON.parse(answer.body.toString()), UnprocessedKeys }
  const { "x-amz-crc32": _, ...headers } = answer.headers
  return { ...answer, headers, body: Buffer.from(JSON.stringify(shown)) }
}

function readUnits(operation: string, wire: { request: Buffer; answer: Buffer }): number {
  const asked: Body = JSON.parse(wire.request.toString())
  const { Item, Items, Responses }: { Item?: WireItem; Items?: WireItem[]; Responses?: Record<string, WireItem[]> } =
    JSON.parse(wire.answer.toString())
  if (operation === "GetItem") return readUnitsOf(Item ? itemBytes(Item) : 0, asked.ConsistentRead === true)
  if (operation === "Query")
    return readUnitsOf(
      (Items ?? []).reduce((sum, item) => sum + itemBytes(item), 0),
      false,
    )
  if (operation !== "BatchGetItem") return 0
  const missing = Object.values(asked.RequestItems ?? {}).reduce((sum, { Keys }) => sum + Keys.length, 0)
  const found = Object.values(Responses ?? {}).flat()
  return found.reduce((sum, item) => sum + readUnitsOf(itemBytes(item), true), missing - found.length)
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { RecordStore } from "@postrider/core/ports/record-store"
import { checkAmount, checkBody, checkRecordId } from "../check-record.ts"
import { overloaded } from "./aws-fault.ts"
import {
  attribute,
  expiryOf,
  fieldOf,
  type Item,
  isCounter,
  isLive,
  never,
  number,
  numberIn,
  recordOf,
  text,
  versionOf,
} from "./record-item.ts"
import { allOf, type Condition, createTable, liveAt, type Table, type TableParts } from "./table.ts"

/** Writers that may come between where a counter has to be replaced. */
const maxTries = 20

type Sum = { won: boolean; value: number }

interface Addition {
  id: string
  field: string
  n: number
  ceiling: number
  expiresAt: number | undefined
  writer: string
  now: number
}

/**
 * Adds in one request. When its answer is lost and somebody else adds before the second try, the amount counts twice: too much, never
 * too little.
 */
export function createAdd(parts: TableParts): RecordStore["add"] {
  const table = createTable(parts)

  return async (...[id, field, n, options = {}]) => {
    checkRecordId(id)
    checkAmount(n, options.ceiling)
    const { ceiling = Number.POSITIVE_INFINITY, expiresAt } = options
    const addition = { id, field, n, ceiling, expiresAt, writer: parts.ids.token(16), now: parts.clock.now() }
    for (let tries = 0; tries < maxTries; tries++) {
      const sum = await addOnce(table, addition)
      if (sum !== undefined) return sum
    }
    throw overloaded(`${id} is written by too many at once`)
  }
}

/** Undefined when somebody else wrote in between. */
async function addOnce(table: Table, addition: Addition): Promise<Sum | undefined> {
  const { id, field, n, ceiling, now } = addition
  const written = await table.update(id, changeOf(addition))
  const { item } = written
  if (written.won) return { won: true, value: numberIn(written.item, fieldOf(field)) ?? n }
  if (item === undefined) return n > ceiling ? { won: false, value: 0 } : undefined
  if (!isLive(item, now)) return startAgain(table, addition, item)
  if (!isCounter(item)) return addToBody(table, addition, item)
  const value = numberIn(item, fieldOf(field)) ?? 0
  return value + n > ceiling ? { won: false, value } : undefined
}

function changeOf(addition: Addition) {
  const { field, n, writer, expiresAt = never } = addition
  const { [attribute.ttl]: ttl = number(0), [attribute.expires]: expires = number(0) } = expiryOf(expiresAt)
  const ours: Condition = {
    text: "(attribute_not_exists(#writer) OR #writer <> :writer) AND attribute_not_exists(#body)",
    names: { "#body": attribute.body, "#writer": attribute.writer, "#ttl": attribute.ttl, "#v": attribute.version },
    values: {
      ":zero": number(0),
      ":one": number(1),
      ":n": number(n),
      ":writer": text(writer),
      ":ttl": ttl,
      ":expires": expires,
    },
  }
  const condition = allOf(ours, liveAt(addition.now), ...roomFor(addition))
  return {
    ...condition,
    names: { ...condition.names, "#n": fieldOf(field) },
    set:
      "SET #n = if_not_exists(#n, :zero) + :n, #v = if_not_exists(#v, :zero) + :one, #writer = :writer, " +
      "#ttl = if_not_exists(#ttl, :ttl), #expires = if_not_exists(#expires, :expires)",
    writer,
  }
}

function roomFor({ field, n, ceiling }: Addition): Condition[] {
  if (ceiling === Number.POSITIVE_INFINITY) return []
  const names = { "#n": fieldOf(field) }
  const values = { ":most": number(Math.max(ceiling - n, Number.MIN_SAFE_INTEGER)) }
  // A counter that is not there yet stands at zero.
  return [{ text: n > ceiling ? "#n <= :most" : "(attribute_not_exists(#n) OR #n <= :most)", names, values }]
}

/** An expired counter begins at zero, with all its fields. */
async function startAgain(table: Table, addition: Addition, old: Item): Promise<Sum | undefined> {
  const { id, field, n, ceiling, expiresAt = never, writer } = addition
  if (n > ceiling) return { won: false, value: 0 }
  const item = {
    [attribute.id]: text(id),
    [attribute.version]: number(versionOf(old) + 1),
    [attribute.writer]: text(writer),
    [fieldOf(field)]: number(n),
    ...expiryOf(expiresAt),
  }
  const written = await table.put(item, isStill(old))
  return written.won ? { won: true, value: n } : undefined
}

/** A counter that was put as a record keeps its fields in the body, where DynamoDB cannot add. */
async function addToBody(table: Table, addition: Addition, old: Item): Promise<Sum | undefined> {
  const { id, field, n, ceiling, writer } = addition
  const counter = counterOf(id, recordOf<unknown>(old).body)
  const before = counter[field] ?? 0
  if (typeof before !== "number") throw notACounter(id)
  const value = before + n
  if (value > ceiling) return { won: false, value: before }
  const item = {
    ...old,
    [attribute.version]: number(versionOf(old) + 1),
    [attribute.writer]: text(writer),
    [attribute.body]: text(checkBody(id, { ...counter, [field]: value })),
  }
  const written = await table.put(item, isStill(old))
  return written.won ? { won: true, value } : undefined
}

function isStill(old: Item): Condition {
  return { text: "#v = :v", names: { "#v": attribute.version }, values: { ":v": number(versionOf(old)) } }
}

function counterOf(id: string, body: unknown): Record<string, unknown> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body }
  throw notACounter(id)
}

function notACounter(id: string): RelayError {
  return new RelayError("internal", "The counter cannot be changed.", { internal: `${id} is not a counter` })
}

import type { NewRecord, PutCondition, PutResult } from "@postrider/core/ports/record-store"
import { checkRecord } from "../check-record.ts"
import { overloaded } from "./aws-fault.ts"
import { attribute, type Item, isLive, itemOf, number, recordOf, text, versionOf, writable } from "./record-item.ts"
import { allOf, createTable, liveAt, type Table, type TableParts, type Written } from "./table.ts"

/** Writers that may come between before a write gives up. */
const maxTries = 10

interface Write {
  id: string
  item: Item
  writer: string
  now: number
}

/** Writes records: one request where nothing is in the way, whatever the condition. */
export function createPut(parts: TableParts) {
  const table = createTable(parts)

  return async <B>(record: NewRecord<B>, when?: PutCondition): Promise<PutResult<B>> => {
    const body = checkRecord(record)
    const writer = parts.ids.token(16)
    const write = { id: record.id, item: itemOf(record, { body, writer }), writer, now: parts.clock.now() }
    let written = await firstTry(table, write, when)
    for (let tries = 1; !written.won && standsAside(written.item, write, when); tries++) {
      if (tries === maxTries) throw overloaded(`${record.id} is written by too many at once`)
      written = written.item === undefined ? await create(table, write) : await replace(table, write, written.item)
    }
    if (written.won) return { won: true, v: versionOf(written.item) }
    const { item } = written
    return item !== undefined && isLive(item, write.now) ? { won: false, current: recordOf<B>(item) } : { won: false }
  }
}

/** Whether what stands there does not answer the condition: it is expired, or the write has none. */
function standsAside(item: Item | undefined, { now }: Write, when: PutCondition | undefined): boolean {
  if (when === undefined) return true
  return "absent" in when && (item === undefined || !isLive(item, now))
}

function firstTry(table: Table, write: Write, when: PutCondition | undefined): Promise<Written> {
  if (when === undefined) return overwrite(table, write)
  return "absent" in when ? create(table, write) : putAfter(table, write, { version: when.version, live: true })
}

function create(table: Table, { id, item }: Write): Promise<Written> {
  return table.put(
    { ...item, [attribute.id]: text(id), [attribute.version]: number(1) },
    { text: "attribute_not_exists(#id)", names: { "#id": attribute.id } },
  )
}

/** Takes the place of exactly this item, live or not, so that the version goes on from its. */
function replace(table: Table, write: Write, item: Item): Promise<Written> {
  return putAfter(table, write, { version: versionOf(item), live: false })
}

function putAfter(table: Table, write: Write, after: { version: number; live: boolean }): Promise<Written> {
  const item = { ...write.item, [attribute.id]: text(write.id), [attribute.version]: number(after.version + 1) }
  const same = { text: "#v = :v", names: { "#v": attribute.version }, values: { ":v": number(after.version) } }
  return table.put(item, after.live ? allOf(same, liveAt(write.now)) : same)
}

/** Without a condition nobody knows the version before, so it is counted in the item. Counters have fields that we cannot name. */
function overwrite(table: Table, { id, item, writer }: Write): Promise<Written> {
  const names: Record<string, string> = { "#v": attribute.version, "#id": attribute.id }
  const values: Item = { ":zero": number(0), ":one": number(1) }
  const set = ["#v = if_not_exists(#v, :zero) + :one"]
  const remove: string[] = []
  for (const [at, name] of writable.entries()) {
    names[`#${at}`] = name
    const value = item[name]
    if (value === undefined) remove.push(`#${at}`)
    else {
      values[`:${at}`] = value
      set.push(`#${at} = :${at}`)
    }
  }
  const ours = `#${writable.indexOf(attribute.writer)} <> :${writable.indexOf(attribute.writer)}`
  const body = `#${writable.indexOf(attribute.body)}`
  return table.update(id, {
    set: `SET ${set.join(", ")}${remove.length > 0 ? ` REMOVE ${remove.join(", ")}` : ""}`,
    text: `attribute_not_exists(#id) OR (attribute_exists(${body}) AND ${ours})`,
    names,
    values,
    writer,
  })
}

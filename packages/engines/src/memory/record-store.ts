import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type {
  IndexName,
  NewRecord,
  Page,
  PutCondition,
  Query,
  RecordStore,
  StoredRecord,
} from "@postrider/core/ports/record-store"
import { checkAmount, checkBody, checkQuery, checkRecord, checkRecordId } from "../check-record.ts"
import type { Upkeep } from "../engine.ts"
import { readPageCursor, writePageCursor } from "../page-cursor.ts"
import { compareUtf8 } from "../utf8-order.ts"
import { byPlace, createIndexView, type IndexView } from "./index-view.ts"

/** A record as text, so that callers share no objects with the store. */
interface Kept {
  v: number
  body: string
  index: NewRecord["index"]
  expiresAt: number | undefined
}

/** Records in a map, with the conditions of the durable engines. */
export function createRecordStore(
  clock: Clock,
  lagIndexMs: number,
): { records: RecordStore; upkeep: Pick<Upkeep, "recordIds"> } {
  const kept = new Map<string, Kept>()
  const view = createIndexView(clock, lagIndexMs)

  function live(id: string): Kept | undefined {
    const record = kept.get(id)
    return record && (record.expiresAt === undefined || record.expiresAt > clock.now()) ? record : undefined
  }

  function read<B>(id: string): StoredRecord<B> | undefined {
    const record = live(id)
    return record && recordOf<B>(id, record)
  }

  function write(id: string, record: Omit<Kept, "v">): number {
    const v = (kept.get(id)?.v ?? 0) + 1
    const index = structuredClone(record.index)
    kept.set(id, { ...record, index, v })
    view.write(id, index)
    return v
  }

  const upkeep: Pick<Upkeep, "recordIds"> = {
    async recordIds(prefix, { after = prefix, limit }) {
      const ids = [...kept.keys()].filter((id) => id.startsWith(prefix) && compareUtf8(id, after) > 0)
      return ids.sort(compareUtf8).slice(0, limit)
    },
  }
  const records: RecordStore = {
    get: async <B>(id: string) => read<B>(id),
    getMany: async <B>(ids: readonly string[]) =>
      [...new Set(ids)].map((id) => read<B>(id)).filter((record) => record !== undefined),
    put: async (record, when) => {
      const body = checkRecord(record)
      if (holds(when, live(record.id)?.v)) {
        return { won: true, v: write(record.id, { body, index: record.index, expiresAt: record.expiresAt }) }
      }
      const current = read<typeof record.body>(record.id)
      return current === undefined ? { won: false } : { won: false, current }
    },
    add: async (...[id, field, n, options = {}]: Parameters<RecordStore["add"]>) => {
      checkRecordId(id)
      checkAmount(n, options.ceiling)
      const current = live(id)
      const counter = counterOf(id, current?.body)
      const before = counter[field] ?? 0
      if (typeof before !== "number") throw notACounter(id)
      const value = before + n
      if (options.ceiling !== undefined && value > options.ceiling) return { won: false, value: before }
      const body = checkBody(id, { ...counter, [field]: value })
      write(id, { body, index: current?.index, expiresAt: current ? current.expiresAt : options.expiresAt })
      return { won: true, value }
    },
    delete: async (id, when) => {
      const won = holds(when, live(id)?.v)
      if (won && kept.delete(id)) view.write(id, undefined)
      return { won }
    },
    query: async <B>(index: IndexName, part: string, query: Query) => {
      checkQuery(part, query)
      return page<B>({ view, index, part, read }, query)
    },
  }
  return { records, upkeep }
}

interface Scope<B> {
  view: IndexView
  index: IndexName
  part: string
  read: <R = B>(id: string) => StoredRecord<R> | undefined
}

function page<B>({ view, index, part, read }: Scope<B>, { from, to, after, limit, order }: Query): Page<B> {
  const sign = order === "asc" ? 1 : -1
  const start = after === undefined ? undefined : readPageCursor(after)
  const inside = view.read(index, part).filter((place) => {
    if (from !== undefined && compareUtf8(place.sort, from) < 0) return false
    if (to !== undefined && compareUtf8(place.sort, to) >= 0) return false
    return start === undefined || byPlace(place, start) * sign > 0
  })
  const ordered = order === "asc" ? inside : inside.reverse()
  const found: { place: (typeof ordered)[number]; record: StoredRecord<B> }[] = []
  for (const place of ordered) {
    const record = read<B>(place.id)
    if (record) found.push({ place, record })
    if (found.length > limit) break
  }
  const shown = found.slice(0, limit)
  const records = shown.map(({ record }) => record)
  const last = shown.at(-1)
  return found.length > limit && last ? { records, next: writePageCursor(last.place) } : { records }
}

function holds(when: PutCondition | undefined, v: number | undefined): boolean {
  if (when === undefined) return true
  return "absent" in when ? v === undefined : v === when.version
}

function recordOf<B>(id: string, { v, body, index, expiresAt }: Kept): StoredRecord<B> {
  return {
    id,
    v,
    body: JSON.parse(body),
    ...(index !== undefined && Object.keys(index).length > 0 && { index: structuredClone(index) }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

function counterOf(id: string, body: string | undefined): Record<string, unknown> {
  const counter: unknown = body === undefined ? {} : JSON.parse(body)
  if (typeof counter === "object" && counter !== null && !Array.isArray(counter)) return { ...counter }
  throw notACounter(id)
}

function notACounter(id: string): RelayError {
  return new RelayError("internal", "The counter cannot be changed.", { internal: `${id} is not a counter` })
}

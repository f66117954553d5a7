import type { DatabaseSync } from "node:sqlite"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { PutCondition, PutResult, RecordStore } from "@postrider/core/ports/record-store"
import { checkAmount, checkBody, checkQuery, checkRecord, checkRecordId } from "../check-record.ts"
import type { Committer } from "./committer.ts"
import { optionalNumberOf } from "./read-row.ts"
import { createRecordQuery } from "./record-query.ts"
import { createRecordTable, isLive, type RecordTable, recordOf } from "./record-table.ts"
import { guardStorage } from "./storage-fault.ts"

const sweepEveryMs = 10_000
const sweepAtMost = 200

/** Records in SQLite: conditions are decided inside the transaction, expired rows leave with the writes of others. */
export function createRecordStore(options: { db: DatabaseSync; committer: Committer; clock: Clock }): RecordStore {
  const { db, committer, clock } = options
  const table = createRecordTable(db)
  const query = createRecordQuery(db)
  committer.addChore(createSweep(table, clock))

  function read<B>(id: string) {
    const row = table.read(id)
    return row && isLive(optionalNumberOf(row, "expires_at"), clock.now()) ? recordOf<B>(row) : undefined
  }

  return {
    get: async <B>(id: string) => guardStorage(() => read<B>(id)),
    getMany: async <B>(ids: readonly string[]) =>
      guardStorage(() => {
        const now = clock.now()
        const rows = table.readMany([...new Set(ids)])
        return rows.filter((row) => isLive(optionalNumberOf(row, "expires_at"), now)).map((row) => recordOf<B>(row))
      }),
    put: async (record, when) => {
      const body = checkRecord(record)
      const { id, index, expiresAt } = record
      return committer.run((): PutResult<typeof record.body> => {
        const head = table.head(id)
        const v = head && isLive(head.expiresAt, clock.now()) ? head.v : undefined
        if (holds(when, v)) return { won: true, v: table.write({ id, body, index, expiresAt }, head) }
        const current = read<typeof record.body>(id)
        return current === undefined ? { won: false } : { won: false, current }
      })
    },
    add: async (...[id, field, n, addOptions = {}]: Parameters<RecordStore["add"]>) => {
      checkRecordId(id)
      checkAmount(n, addOptions.ceiling)
      return committer.run(() => {
        const current = read<unknown>(id)
        const counter = counterOf(id, current?.body)
        const before = amountOf(id, counter[field])
        const value = before + n
        if (addOptions.ceiling !== undefined && value > addOptions.ceiling) return { won: false, value: before }
        const body = checkBody(id, { ...counter, [field]: value })
        const expiresAt = current ? current.expiresAt : addOptions.expiresAt
        table.write({ id, body, index: current?.index, expiresAt }, table.head(id))
        return { won: true, value }
      })
    },
    delete: async (id, when) =>
      committer.run(() => {
        const head = table.head(id)
        const v = head && isLive(head.expiresAt, clock.now()) ? head.v : undefined
        const won = holds(when, v)
        if (won && head) table.remove(id, head)
        return { won }
      }),
    query: async <B>(index: Parameters<RecordStore["query"]>[0], part: string, page: Parameters<typeof query>[1]) => {
      checkQuery(part, page)
      return guardStorage(() => query<B>({ index, part, now: clock.now() }, page))
    },
  }
}

function createSweep(table: RecordTable, clock: Clock): () => void {
  let next = 0
  return () => {
    const now = clock.now()
    if (now < next) return
    const removed = table.removeExpired(now, sweepAtMost)
    // More may be left: the next transaction goes on.
    next = removed < sweepAtMost ? now + sweepEveryMs : now
  }
}

function holds(when: PutCondition | undefined, v: number | undefined): boolean {
  if (when === undefined) return true
  return "absent" in when ? v === undefined : v === when.version
}

function counterOf(id: string, body: unknown): Record<string, unknown> {
  if (body === undefined) return {}
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body }
  throw notACounter(id)
}

function amountOf(id: string, value: unknown): number {
  if (value === undefined) return 0
  if (typeof value === "number") return value
  throw notACounter(id)
}

function notACounter(id: string): RelayError {
  return new RelayError("internal", "The counter cannot be changed.", { internal: `${id} is not a counter` })
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { NewRecord, Query, RecordStore, StoredRecord } from "@postrider/core/ports/record-store"
import { expect } from "vitest"
import type { ContractCase } from "./engine-contract.ts"

const minuteMs = 60_000

/** What every RecordStore guarantees. */
export const recordStoreContract: readonly ContractCase[] = [
  {
    name: "a record comes back as it was put, with its version, index entries and expiry",
    async run({ engine: { records }, now }) {
      const body = { text: "ünïcode 😀\u0000\ud800", list: [1, 2.5, null, true], nested: { a: { b: "" } } }
      const record = { id: "out#a", body, index: { owner: { part: "acc_1", sort: "s" } }, expiresAt: now() + minuteMs }
      const put = await records.put(record, { absent: true })
      expect(put.won).toBe(true)
      expect(await records.get("out#a")).toEqual({ ...record, v: versionOf(put) })
    },
  },
  {
    name: "a missing record reads as undefined",
    async run({ engine: { records } }) {
      expect(await records.get("out#missing")).toBeUndefined()
    },
  },
  {
    name: "of ten creations at once exactly one wins, and the losers see the winner",
    async run({ engine: { records } }) {
      const puts = await Promise.all(
        ten((n) => records.put({ id: "out#race", body: { by: n } }, { absent: true }).then((put) => ({ n, put }))),
      )
      const winners = puts.filter(({ put }) => put.won)
      expect(winners).toHaveLength(1)
      const by = winners[0]?.n
      for (const { put } of puts) if (!put.won) expect(put.current?.body).toEqual({ by })
      expect((await records.get("out#race"))?.body).toEqual({ by })
    },
  },
  {
    name: "of ten writes by the same version exactly one wins",
    async run({ engine: { records } }) {
      const v = versionOf(await records.put({ id: "out#race", body: { by: -1 } }))
      const puts = await Promise.all(ten((n) => records.put({ id: "out#race", body: { by: n } }, { version: v })))
      expect(puts.filter((put) => put.won)).toHaveLength(1)
    },
  },
  {
    name: "a stale version loses, changes nothing and shows what stands there",
    async run({ engine: { records } }) {
      const v = versionOf(await records.put({ id: "out#a", body: 1 }))
      await records.put({ id: "out#a", body: 2, index: { owner: { part: "p", sort: "s" } } }, { version: v })
      const lost = await records.put({ id: "out#a", body: 3 }, { version: v })
      const current = { id: "out#a", v: v + 1, body: 2, index: { owner: { part: "p", sort: "s" } } }
      expect(lost).toEqual({ won: false, current })
      expect(await records.get("out#a")).toEqual(current)
    },
  },
  {
    name: "a version grows by one on every write and never matches again",
    async run({ engine: { records } }) {
      const first = versionOf(await records.put({ id: "out#a", body: 0 }, { absent: true }))
      for (let n = 1; n <= 5; n++) {
        const when = n % 2 === 0 ? undefined : { version: first + n - 1 }
        expect(await records.put({ id: "out#a", body: 0 }, when)).toEqual({ won: true, v: first + n })
      }
      for (let v = first; v < first + 5; v++) {
        expect((await records.put({ id: "out#a", body: 1 }, { version: v })).won).toBe(false)
      }
      await records.add("out#n", "n", 1)
      const before = (await records.get("out#n"))?.v ?? 0
      await records.add("out#n", "n", 1)
      expect((await records.get("out#n"))?.v).toBe(before + 1)
    },
  },
  {
    name: "creating over a record loses and shows it",
    async run({ engine: { records } }) {
      await records.put({ id: "out#a", body: "first" })
      const lost = await records.put({ id: "out#a", body: "second" }, { absent: true })
      expect(lost).toMatchObject({ won: false, current: { id: "out#a", body: "first" } })
    },
  },
  {
    name: "a put by version on a missing or deleted record loses without a current one",
    async run({ engine: { records } }) {
      expect(await records.put({ id: "out#a", body: 1 }, { version: 1 })).toEqual({ won: false })
      const v = versionOf(await records.put({ id: "out#a", body: 1 }))
      await records.delete("out#a")
      expect(await records.put({ id: "out#a", body: 2 }, { version: v })).toEqual({ won: false })
      expect(await records.get("out#a")).toBeUndefined()
    },
  },
  {
    name: "a put replaces body, index entries and expiry as a whole",
    async run({ engine: { records }, now, catchUp }) {
      const index = { owner: { part: "p", sort: "s" }, due: { part: "m", sort: "1" } }
      await records.put({ id: "out#a", body: { a: 1, b: 2 }, index, expiresAt: now() + minuteMs })
      const v = versionOf(await records.put({ id: "out#a", body: { c: 3 } }))
      expect(await records.get("out#a")).toEqual({ id: "out#a", v, body: { c: 3 } })
      await catchUp()
      expect((await records.query("owner", "p", { limit: 10, order: "asc" })).records).toEqual([])
    },
  },
  {
    name: "changing an object after the put, or one that was read, does not change the record",
    async run({ engine: { records } }) {
      const body = { list: [1] }
      await records.put({ id: "out#a", body })
      body.list.push(2)
      const read = await records.get<{ list: number[] }>("out#a")
      read?.body.list.push(3)
      expect((await records.get("out#a"))?.body).toEqual({ list: [1] })
    },
  },
  {
    name: "a delete by version wins only on that version; an unconditional one always",
    async run({ engine: { records } }) {
      const v = versionOf(await records.put({ id: "out#a", body: 1 }))
      expect(await records.delete("out#a", { version: v + 1 })).toEqual({ won: false })
      expect(await records.get("out#a")).toBeDefined()
      expect(await records.delete("out#a", { version: v })).toEqual({ won: true })
      expect(await records.get("out#a")).toBeUndefined()
      expect(await records.delete("out#a", { version: v })).toEqual({ won: false })
      expect(await records.delete("out#a")).toEqual({ won: true })
    },
  },
  {
    name: "getMany answers the records there are, each once, for any number of ids",
    async run({ engine: { records } }) {
      const ids = Array.from({ length: 230 }, (_, n) => `out#${n}`)
      await Promise.all(ids.slice(0, 215).map((id) => records.put({ id, body: id })))
      const found = await records.getMany([...ids, "out#0", "out#missing"])
      expect(found.map(({ id }) => id).sort()).toEqual(ids.slice(0, 215).sort())
      expect(found.every(({ id, body }) => body === id)).toBe(true)
      expect(await records.getMany([])).toEqual([])
    },
  },
  {
    name: "an expired record is missing to every call from that moment on",
    async run({ engine: { records }, now, advance, catchUp }) {
      const record = { id: "idem#a", body: 1, index: { owner: { part: "p", sort: "s" } }, expiresAt: now() + minuteMs }
      const v = versionOf(await records.put(record))
      await catchUp()
      await advance(record.expiresAt - now() - 1)
      expect(await records.get("idem#a")).toBeDefined()
      expect((await records.query("owner", "p", { limit: 10, order: "asc" })).records).toHaveLength(1)
      await advance(1)
      expect(await records.get("idem#a")).toBeUndefined()
      expect(await records.getMany(["idem#a"])).toEqual([])
      expect((await records.query("owner", "p", { limit: 10, order: "asc" })).records).toEqual([])
      expect(await records.put(record, { version: v })).toEqual({ won: false })
      expect(await records.delete("idem#a", { version: v })).toEqual({ won: false })
      const fresh = { id: "idem#a", body: 2 }
      const again = versionOf(await records.put(fresh, { absent: true }))
      expect(await records.get("idem#a")).toEqual({ ...fresh, v: again })
    },
  },
  {
    name: "a body of 100 KB is kept, a larger one refused as body_too_large and not written",
    async run({ engine: { records } }) {
      const largest = "x".repeat(100 * 1024 - 2)
      await records.put({ id: "out#a", body: largest })
      expect((await records.get("out#a"))?.body).toBe(largest)
      for (const body of [`${largest}x`, "é".repeat(51 * 1024)]) {
        const fault = await faultOf(records.put({ id: "out#b", body }))
        expect(fault.code).toBe("body_too_large")
        expect(fault.message).toContain("100 KB")
      }
      expect(await records.get("out#b")).toBeUndefined()
    },
  },
  {
    name: "an id of 512 octets is kept, an empty, longer or ill-formed one refused",
    async run({ engine: { records } }) {
      const longest = `sup#${"é".repeat(254)}`
      await records.put({ id: longest, body: 1 })
      expect(await records.get(longest)).toBeDefined()
      for (const id of ["", `${longest}x`, "out#\ud800"]) await faultOf(records.put({ id, body: 1 }))
    },
  },
  {
    name: "ids and index parts that differ only in case, spaces or normal form are different",
    async run({ engine: { records }, catchUp }) {
      const names = ["sup#a@b.test", "sup#A@b.test", "sup#a@b.test ", "sup#\u00e9", "sup#e\u0301", "sup#a\u0000b"]
      for (const id of names) await records.put({ id, body: id, index: { owner: { part: id, sort: id } } })
      await catchUp()
      for (const id of names) {
        expect((await records.get(id))?.body).toBe(id)
        const page = await records.query("owner", id, { limit: 10, order: "asc" })
        expect(page.records.map((record) => record.id)).toEqual([id])
      }
    },
  },
  {
    name: "add counts from zero, creates the record, keeps other fields and takes negative steps",
    async run({ engine: { records } }) {
      expect(await records.add("stat#a", "sent", 3)).toEqual({ won: true, value: 3 })
      expect(await records.add("stat#a", "failed", 1)).toEqual({ won: true, value: 1 })
      expect(await records.add("stat#a", "sent", -2)).toEqual({ won: true, value: 1 })
      expect((await records.get("stat#a"))?.body).toEqual({ sent: 1, failed: 1 })
    },
  },
  {
    name: "a hundred adds at once all count",
    async run({ engine: { records } }) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => records.add("stat#a", "n", 1)))
      expect(answers.map(({ value }) => value).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, n) => n + 1),
      )
      expect((await records.get("stat#a"))?.body).toEqual({ n: 100 })
    },
  },
  {
    name: "under a ceiling exactly as much is let through as fits, also at once",
    async run({ engine: { records } }) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => records.add("cap#a", "n", 3, { ceiling: 20 })))
      expect(answers.filter(({ won }) => won)).toHaveLength(6)
      expect((await records.get("cap#a"))?.body).toEqual({ n: 18 })
      expect(await records.add("cap#a", "n", 3, { ceiling: 20 })).toEqual({ won: false, value: 18 })
      expect(await records.add("cap#a", "n", 2, { ceiling: 20 })).toEqual({ won: true, value: 20 })
      expect(await records.add("cap#b", "n", 21, { ceiling: 20 })).toEqual({ won: false, value: 0 })
    },
  },
  {
    name: "the expiry of a counter is set when it is created, and an expired counter starts again at zero",
    async run({ engine: { records }, now, advance }) {
      const expiresAt = now() + minuteMs
      await records.add("rate#a", "n", 5, { ceiling: 5, expiresAt })
      await records.add("rate#a", "n", -1, { expiresAt: expiresAt + minuteMs })
      expect((await records.get("rate#a"))?.expiresAt).toBe(expiresAt)
      await advance(minuteMs)
      const later = now() + minuteMs
      expect(await records.add("rate#a", "n", 2, { ceiling: 5, expiresAt: later })).toEqual({ won: true, value: 2 })
      expect((await records.get("rate#a"))?.expiresAt).toBe(later)
    },
  },
  {
    name: "a query is sorted by the UTF-8 octets of sort, then by id, both ways",
    async run({ engine: { records }, catchUp }) {
      const sorts = ["b", "a", "", "B", "aa", "é", "z", "\uff5e", "😀", "e\u0301", "a\u0000", "10", "9"]
      for (const [n, sort] of sorts.entries()) await putAt(records, `x#${n}`, sort)
      for (const id of ["x#2nd", "x#1st", "x#\uff5e", "x#😀"]) await putAt(records, id, "same")
      await catchUp()
      const asc = await readAll(records, { order: "asc", limit: 100 })
      const expected = asc.toSorted((a, b) => byOctets(sortOf(a), sortOf(b)) || byOctets(a.id, b.id))
      expect(asc).toHaveLength(sorts.length + 4)
      expect(asc.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
      const desc = await readAll(records, { order: "desc", limit: 100 })
      expect(desc.map(({ id }) => id)).toEqual(expected.toReversed().map(({ id }) => id))
    },
  },
  {
    name: "a query takes `from` inclusive and `to` exclusive, both ways, and sees its own part and index alone",
    async run({ engine: { records }, catchUp }) {
      for (const sort of ["1", "2", "3", "4", "5"]) await putAt(records, `x#${sort}`, sort)
      await records.put({ id: "x#other", body: 0, index: { owner: { part: "q", sort: "3" } } })
      await records.put({ id: "x#due", body: 0, index: { due: { part: "p", sort: "3" } } })
      await catchUp()
      const ids = async (query: Partial<Query>) =>
        (await readAll(records, { limit: 10, order: "asc", ...query })).map(({ id }) => id)
      expect(await ids({ from: "2", to: "4" })).toEqual(["x#2", "x#3"])
      expect(await ids({ from: "2", to: "4", order: "desc" })).toEqual(["x#3", "x#2"])
      expect(await ids({ from: "4" })).toEqual(["x#4", "x#5"])
      expect(await ids({ to: "2" })).toEqual(["x#1"])
      expect(await ids({ from: "3", to: "3" })).toEqual([])
      expect(await ids({ from: "6" })).toEqual([])
    },
  },
  {
    name: "pages hold at most `limit` records and together every record once, both ways, within the bounds",
    async run({ engine: { records }, catchUp }) {
      await Promise.all(Array.from({ length: 25 }, (_, n) => putAt(records, `x#${n}`, `s${Math.floor(n / 4)}`)))
      await catchUp()
      for (const order of ["asc", "desc"] as const) {
        const whole = await readAll(records, { order, limit: 100 })
        expect(whole).toHaveLength(25)
        for (const limit of [1, 4, 7]) expect(await readAll(records, { order, limit })).toEqual(whole)
        const inside = whole.filter((record) => sortOf(record) >= "s1" && sortOf(record) < "s5")
        expect(await readAll(records, { order, limit: 3, from: "s1", to: "s5" })).toEqual(inside)
      }
    },
  },
  {
    name: "a page goes on where the one before ended, whatever was written between",
    async run({ engine: { records }, catchUp }) {
      for (const sort of ["b", "d", "f", "h"]) await putAt(records, `x#${sort}`, sort)
      await catchUp()
      const first = await records.query("owner", "p", { order: "asc", limit: 2 })
      await putAt(records, "x#a", "a")
      await putAt(records, "x#e", "e")
      await records.delete("x#d")
      await catchUp()
      const rest = await readAll(records, { order: "asc", limit: 2, ...(first.next && { after: first.next }) })
      expect(rest.map(({ id }) => id)).toEqual(["x#e", "x#f", "x#h"])
    },
  },
  {
    name: "updates move index entries and deletes remove them",
    async run({ engine: { records }, catchUp }) {
      await putAt(records, "x#moves", "1")
      await putAt(records, "x#stays", "2")
      await putAt(records, "x#goes", "3")
      await putAt(records, "x#moves", "9")
      await records.put({ id: "x#stays", body: 1, index: { owner: { part: "q", sort: "2" } } })
      await records.delete("x#goes")
      await catchUp()
      expect((await readAll(records, { order: "asc", limit: 10 })).map(({ id }) => id)).toEqual(["x#moves"])
      const other = await records.query("owner", "q", { order: "asc", limit: 10 })
      expect(other.records.map(({ id, body }) => [id, body])).toEqual([["x#stays", 1]])
    },
  },
  {
    name: "a cursor that is none is refused as invalid_cursor",
    async run({ engine: { records } }) {
      for (const after of ["", "nonsense", "eyJhIjoxfQ"]) {
        const fault = await faultOf(records.query("owner", "p", { order: "asc", limit: 1, after }))
        expect(fault.code).toBe("invalid_cursor")
      }
    },
  },
  {
    name: "records, counters and index entries are there after the engine was opened again",
    needs: "reopen",
    async run(harness) {
      const v = versionOf(await harness.engine.records.put(entryAt("x#a", "1")))
      await harness.engine.records.add("stat#a", "n", 7)
      await harness.reopen()
      await harness.catchUp()
      const { records } = harness.engine
      expect(await records.get("x#a")).toEqual({ ...entryAt("x#a", "1"), v })
      expect(await records.add("stat#a", "n", 1)).toEqual({ won: true, value: 8 })
      expect(await readAll(records, { order: "asc", limit: 10 })).toHaveLength(1)
      expect((await records.put(entryAt("x#a", "2"), { version: v })).won).toBe(true)
    },
  },
]

function ten<T>(make: (n: number) => T): T[] {
  return Array.from({ length: 10 }, (_, n) => make(n))
}

function versionOf(put: { won: boolean; v?: number }): number {
  if (!put.won || put.v === undefined) throw new Error("the put was lost")
  return put.v
}

async function faultOf(call: Promise<unknown>): Promise<RelayError> {
  const fault: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (fault instanceof RelayError) return fault
  throw new Error("not refused with a RelayError", { cause: fault })
}

function entryAt(id: string, sort: string): NewRecord<null> {
  return { id, body: null, index: { owner: { part: "p", sort } } }
}

async function putAt(records: RecordStore, id: string, sort: string): Promise<void> {
  await records.put(entryAt(id, sort))
}

function sortOf(record: StoredRecord): string {
  return record.index?.owner?.sort ?? ""
}

function byOctets(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** All pages of part `p` of index `owner`. */
async function readAll(records: RecordStore, query: Query): Promise<StoredRecord[]> {
  const found: StoredRecord[] = []
  let { after } = query
  for (let pages = 0; pages < 100; pages++) {
    const page = await records.query("owner", "p", { ...query, ...(after !== undefined && { after }) })
    expect(page.records.length).toBeLessThanOrEqual(query.limit)
    found.push(...page.records)
    if (page.next === undefined) return found
    after = page.next
  }
  throw new Error("the pages never end")
}

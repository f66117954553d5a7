import { appendToLedger, readLedger } from "@postrider/core/inbound/ledger"
import type { LedgerEntry } from "@postrider/core/inbound/ledger-entry"
import { storedSince } from "@postrider/core/inbound/recent-entries"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { describe, expect, it } from "vitest"
import { createManualClock } from "../../support/manual-clock.ts"

const owner = { id: "ada", incarnation: "first" }
const entry = (uid: number, given: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id: `in_${String(uid).padStart(32, "0")}`,
  mailbox: "INBOX",
  uid,
  key: `m${String(uid).padStart(16, "0")}`,
  date: uid * 1000,
  size: 100,
  emailId: null,
  ...given,
})
const entries = (from: number, to: number, given: Partial<LedgerEntry> = {}) =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index, given))
const clock = createManualClock(Date.UTC(2026, 0, 1))

describe("A5: the ledger", () => {
  it("A5 of two appends at once neither takes the other's mails away", async () => {
    const { records } = createMemoryEngine({ clock })
    await appendToLedger({ records, clock }, owner, entries(1, 150))
    for (let round = 0; round < 10; round++) {
      const from = 1000 + round * 1000
      const appends = [0, 200, 400].map((more) =>
        appendToLedger({ records, clock }, owner, entries(from + more, from + more + 119)),
      )
      await Promise.all(appends)
    }
    const { entries: kept } = await readLedger(records, owner)
    expect(new Set(kept.map((one) => one.uid)).size).toBe(150 + 10 * 3 * 120)
  })

  it("A5 a page that a cut-off append left behind is joined, not in the way", async () => {
    const { records } = createMemoryEngine({ clock })
    await appendToLedger({ records, clock }, owner, entries(1, 900))
    const dying = { ...records, put: records.put }
    dying.put = async (record, when) => {
      if (record.id.endsWith("#head")) throw new Error("killed")
      return records.put(record, when)
    }
    await expect(appendToLedger({ records: dying, clock }, owner, entries(901, 1050))).rejects.toThrow("killed")
    await appendToLedger({ records, clock }, owner, entries(901, 1050))
    expect((await readLedger(records, owner)).entries).toHaveLength(1050)
  })

  it("A5 long names of mailboxes and ids of the server keep every record below 100 KB", async () => {
    const sizes: number[] = []
    const { records } = createMemoryEngine({ clock })
    const watched = { ...records, put: records.put }
    watched.put = async (record, when) => {
      sizes.push(new TextEncoder().encode(JSON.stringify(record.body)).length)
      return records.put(record, when)
    }
    for (let box = 0; box < 80; box++) {
      const mailbox = `${"ü".repeat(400)}/${box}`
      const added = entries(box * 50 + 1, box * 50 + 50, { mailbox, emailId: "€".repeat(100) })
      await appendToLedger({ records: watched, clock }, owner, added)
    }
    expect(Math.max(...sizes)).toBeLessThan(100 * 1024)
    expect((await readLedger(records, owner)).entries).toHaveLength(4000)
  }, 20_000)

  it("A5 remembers the newest date of what it had to forget, by mailbox", async () => {
    const { records } = createMemoryEngine({ clock })
    await appendToLedger({ records, clock }, owner, entries(1, 500, { mailbox: "Quiet" }))
    for (let from = 1000; from < 24_000; from += 1000)
      await appendToLedger({ records, clock }, owner, entries(from, from + 999))
    const { entries: kept, forgotten, overflowed } = await readLedger(records, owner)
    expect(kept.length).toBeGreaterThanOrEqual(20_000)
    expect(overflowed).toBe(true)
    expect(forgotten.Quiet).toBe(500_000)
  })
})

describe("A5: records that complete it", () => {
  const put = (records: ReturnType<typeof createMemoryEngine>["records"], id: string, body: object) =>
    records.put({
      id,
      body: { summary: { id }, ...body } as never,
      index: { owner: { part: "message#ada", sort: `${new Date(clock.now()).toISOString()}#${id}` } },
    })

  it("A5 received mail is found among however much mail that was sent", async () => {
    const { records } = createMemoryEngine({ clock })
    for (let n = 0; n < 2500; n++) await put(records, `out#${n}`, {})
    await put(records, "in#1", { incarnation: "first" })
    for (let n = 2500; n < 5000; n++) await put(records, `out#${n}`, {})
    expect(await storedSince(records, owner, 0)).toHaveLength(1)
  })

  it("A1 records of an account that had the same id before are not this one's", async () => {
    const { records } = createMemoryEngine({ clock })
    await put(records, "in#1", { incarnation: "zero" })
    await put(records, "in#2", { incarnation: "first" })
    expect((await storedSince(records, owner, 0)).map((one) => one.summary.id)).toEqual(["in#2"])
  })
})

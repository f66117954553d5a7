import { addProgress, type ImapCursor, settle, topOf } from "@postrider/core/inbound/cursor"
import { matchReset } from "@postrider/core/inbound/match-reset"
import {
  coarsen,
  formatUidSet,
  gapsOf,
  hasUid,
  intersect,
  parseUidSet,
  subtract,
  uidSetOf,
  unite,
} from "@postrider/core/inbound/uid-set"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const uids = fc.uniqueArray(fc.integer({ min: 1, max: 300 }))
const members = (set: ReturnType<typeof uidSetOf>) =>
  set.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
const sorted = (list: Iterable<number>) => [...new Set(list)].sort((a, b) => a - b)

describe("sets of UIDs hold what sets hold", () => {
  it("text and back, members, union, difference, intersection, gaps", () => {
    fc.assert(
      fc.property(uids, uids, (a, b) => {
        const left = uidSetOf(a)
        const right = uidSetOf(b)
        expect(members(parseUidSet(formatUidSet(left)))).toEqual(sorted(a))
        expect(members(unite(left, right))).toEqual(sorted([...a, ...b]))
        expect(members(subtract(left, right))).toEqual(sorted(a.filter((uid) => !b.includes(uid))))
        expect(members(intersect(left, right))).toEqual(sorted(a.filter((uid) => b.includes(uid))))
        expect(members(gapsOf(left, 1, 300))).toEqual(
          sorted(Array.from({ length: 300 }, (_, i) => i + 1)).filter((uid) => !a.includes(uid)),
        )
        for (const uid of [1, 150, 300, ...a]) expect(hasUid(left, uid)).toBe(a.includes(uid))
      }),
    )
  })

  it("coarsened, they cover all they held with at most so many ranges", () => {
    fc.assert(
      fc.property(uids, fc.integer({ min: 1, max: 5 }), (list, most) => {
        const coarse = coarsen(uidSetOf(list), most)
        expect(coarse.length).toBeLessThanOrEqual(most)
        for (const uid of list) expect(hasUid(coarse, uid)).toBe(true)
      }),
    )
  })
})

const cursor: ImapCursor = {
  protocol: "imap",
  incarnation: "i",
  mailbox: "INBOX",
  epoch: 1,
  generation: 1,
  uidValidity: "1",
  mailboxId: null,
  formerNames: [],
  moved: false,
  baselineAt: 0,
  floor: 0,
  taken: "",
  holes: [],
  pending: [],
  inflight: null,
  lease: null,
  remap: null,
  parked: "",
  unstored: "",
  decidedTo: 0,
  todo: "",
  settledTop: 0,
  seen: null,
  fullAt: 0,
  writtenAt: 0,
}

describe("the cursor", () => {
  it("adding batches in any order, or twice, gives the same taken set", () => {
    fc.assert(
      fc.property(fc.array(uids, { maxLength: 5 }), (batches) => {
        const add = (list: number[][]) => list.reduce((state, taken) => addProgress(state, { taken }, 0), cursor)
        expect(add([...batches].reverse()).taken).toBe(add([...batches, ...batches]).taken)
      }),
    )
  })

  it("stays below 100 KB however many gaps there are, by raising the floor", () => {
    const taken = Array.from({ length: 20_000 }, (_, i) => 4_000_000_000 + i * 2)
    const added = addProgress(cursor, { taken, decidedTo: 4_000_039_998 }, 0)
    const state = settle(added, { uidNext: null, exists: 0, full: true }, 0)
    expect(JSON.stringify(state).length).toBeLessThan(100_000)
    expect(topOf(state)).toBe(4_000_039_998)
  })
})

describe("B3 the cursor's record", () => {
  const sparse = (length: number) => Array.from({ length }, (_, i) => 4_000_000_000 + i * 2)
  const pendingOf = (uid: number) => ({
    key: String(uid),
    size: 1_000_000_000,
    internalDate: Date.UTC(2026, 0, 1),
    reason: '\u0000"'.repeat(300),
  })

  it("B3 all parts at once at their worst stay below 100 KB", () => {
    let state = cursor
    for (let hours = 0; hours < 24; hours++) {
      const taken = sparse(3000).map((uid) => uid + hours * 6000)
      const failed = taken.slice(0, 20).map((uid) => pendingOf(uid + 1))
      state = addProgress(state, { taken, todo: taken, parked: taken.map((uid) => uid + 1e8), failed }, hours)
      state = settle(state, { uidNext: null, exists: 0, full: true }, hours * 60 * 60_000)
      expect(new TextEncoder().encode(JSON.stringify(state)).length).toBeLessThan(100 * 1024)
    }
  })

  it("B3 a gap is closed only where nothing in it is still to be taken", () => {
    const state = addProgress(cursor, { taken: sparse(20_000), decidedTo: 4_000_000_100 }, 0)
    expect(state.floor).toBeLessThanOrEqual(4_000_000_100)
    expect(JSON.stringify(state).length).toBeLessThan(60_000)
  })

  it("E1 mails that were given up stay spared, however many they are", () => {
    const uids = Array.from({ length: 1000 }, (_, i) => i * 3 + 1)
    const state = uids.reduce((before, uid) => addProgress(before, { taken: [], parked: [uid] }, 0), cursor)
    for (const uid of uids) expect(hasUid(parseUidSet(state.unstored), uid)).toBe(true)
  })
})

describe("A4 matching after a reset", () => {
  const print = fc.record({
    key: fc.constantFrom("m1", "m2", "h1", null),
    date: fc.constantFrom(1, 2, null),
    size: fc.constantFrom(10, 20),
    emailId: fc.constantFrom("e1", null, null, null),
  })

  it("gives each known mail away at most once, and every listed mail is matched or not", () => {
    fc.assert(
      fc.property(fc.array(print), fc.array(print), (listed, known) => {
        const { pairs, unmatched } = matchReset(listed, known)
        expect(new Set(pairs.map((pair) => pair.known)).size).toBe(pairs.length)
        expect(pairs.length + unmatched.length).toBe(listed.length)
      }),
    )
  })

  it("the same mails again are matched all", () => {
    const list = Array.from({ length: 50 }, (_, i) => ({ key: `m${i % 10}`, date: i, size: i % 3, emailId: null }))
    expect(matchReset([...list].reverse(), [...list]).unmatched).toEqual([])
  })
})

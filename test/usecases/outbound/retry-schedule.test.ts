import { nextRetryAt, type RetryFacts, unknownRetryAt } from "@postrider/core/outbound/retry-schedule"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const minute = 60_000
const day = 24 * 60 * minute
const facts: RetryFacts = { attempts: 1, now: 0, lifetimeEnd: 5 * day, category: null, fraction: 0.5 }
const minutes = (changes: Partial<RetryFacts>): number => (nextRetryAt({ ...facts, ...changes }) ?? Number.NaN) / minute

describe("when a deferred mail is tried again", () => {
  it("after 5, 15, 30 minutes, 1 and 2 hours, then every 3 (RFC 5321 section 4.5.4.1)", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 30].map((attempts) => minutes({ attempts }))
    expect(waits).toEqual([5, 15, 30, 60, 120, 180, 180, 180])
  })

  it("with jitter of a tenth either way", () => {
    expect(minutes({ attempts: 4, fraction: 0 })).toBeCloseTo(54)
    expect(minutes({ attempts: 4, fraction: 0.999999 })).toBeCloseTo(66, 3)
  })

  it("after greylisting not before five minutes are over", () => {
    expect([
      minutes({ category: "greylisted", fraction: 0 }),
      minutes({ category: "greylisted", fraction: 1 }),
    ]).toEqual([5, 6])
    expect(minutes({ category: "greylisted", attempts: 2 })).toBe(15)
  })

  it("after a used-up sending quota in one hour, then four (I4)", () => {
    expect([1, 2, 3].map((attempts) => minutes({ attempts, quota: true }))).toEqual([60, 240, 240])
  })

  it("always later, always inside the lifetime, and in the end never again", () => {
    fc.assert(
      fc.property(
        fc.record({
          attempts: fc.integer({ min: 0, max: 200 }),
          now: fc.integer({ min: 0, max: 6 * day }),
          fraction: fc.double({ min: 0, max: 0.999999, noNaN: true }),
          quota: fc.boolean(),
        }),
        (changes) => {
          const at = nextRetryAt({ ...facts, ...changes })
          if (at === null) expect(facts.lifetimeEnd - changes.now).toBeLessThan(6 * minute)
          else {
            expect(at).toBeGreaterThanOrEqual(changes.now + 4 * minute)
            expect(at).toBeLessThan(facts.lifetimeEnd)
          }
        },
      ),
    )
  })

  it("a last time a minute before the end, however long the wait would have been", () => {
    expect(minutes({ attempts: 9, lifetimeEnd: 60 * minute })).toBe(59)
  })
})

describe("when a mail of unknown outcome is sent again (I2)", () => {
  it("after 10 and 60 minutes, up to a tenth later, twice in all", () => {
    const at = (resends: number, fraction: number) => unknownRetryAt({ resends, now: 0, fraction })
    expect([at(0, 0), at(0, 1), at(1, 0), at(1, 1), at(2, 0)]).toEqual(
      [10, 11, 60, 66, null].map((m) => m && m * minute),
    )
  })
})

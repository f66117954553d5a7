/** What a distributed engine may do, on purpose. Every choice follows from `seed`, so a failing test fails again. */
export interface Disorder {
  seed: number
  /** Jobs come in any order. */
  shuffleJobs?: boolean
  /** Share of jobs, 0 to 1, that are delivered twice. */
  duplicateJobs?: number
  /** Jobs come up to this much later than asked, milliseconds. */
  delayJobsMs?: number
  /** Queries show writes this much later, milliseconds. */
  lagIndexMs?: number
}

/** A uniform number in [0, 1). */
export type Random = () => number

/** Mulberry32: small, even, and the same on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

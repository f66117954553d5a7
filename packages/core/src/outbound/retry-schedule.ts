import type { Category } from "./message.ts"

const minuteMs = 60_000
/** After the first, second, … attempt; the last one goes on (RFC 5321 section 4.5.4.1 wants two in the first hour, then every 2 to 3). */
const delaysMs = [5, 15, 30, 60, 120, 180].map((minutes) => minutes * minuteMs)
/** Greylisting servers commonly want five minutes, and count them strictly. */
const greylistMs = 5 * minuteMs
/** mail-rules I4. */
const quotaDelaysMs = [60, 240].map((minutes) => minutes * minuteMs)
/** mail-rules I2. */
const unknownDelaysMs = [10, 60].map((minutes) => minutes * minuteMs)
/** The last try stands this long before the end, when the end is near. */
const lastTryMs = minuteMs
/** No two tries are closer. */
const leastMs = 4 * minuteMs

export interface RetryFacts {
  /** Attempts made, from 1. */
  attempts: number
  /** Milliseconds since the epoch. */
  lifetimeEnd: number
  now: number
  /** Of what deferred the mail. */
  category: Category | null
  /** The route's sending quota is used up (mail-rules I4). */
  quota?: boolean
  /** A uniform number in [0, 1), for jitter. */
  fraction: number
}

/** When a deferred mail is tried again, with jitter of ±10 %; null when its lifetime leaves no time for that. Pure. */
export function nextRetryAt(facts: RetryFacts): number | null {
  const { now, lifetimeEnd } = facts
  const at = now + delayOf(facts)
  if (at < lifetimeEnd) return Math.round(at)
  const last = lifetimeEnd - lastTryMs
  return last - now >= leastMs ? last : null
}

function delayOf({ attempts, category, fraction, quota }: RetryFacts): number {
  // Later, never sooner.
  if (category === "greylisted" && attempts <= 1) return greylistMs * (1 + 0.2 * fraction)
  return at(quota === true ? quotaDelaysMs : delaysMs, attempts - 1) * (0.9 + 0.2 * fraction)
}

/** When a mail of unknown outcome is sent again: 10 and 60 minutes on, up to a tenth later; null after two re-sends (mail-rules I2). Pure. */
export function unknownRetryAt(facts: { resends: number; now: number; fraction: number }): number | null {
  const delay = unknownDelaysMs[facts.resends]
  return delay === undefined ? null : Math.round(facts.now + delay * (1 + 0.1 * facts.fraction))
}

const at = (delays: number[], index: number): number => delays[Math.min(Math.max(index, 0), delays.length - 1)] ?? 0

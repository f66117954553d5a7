import type { Fault } from "../fault/fault.ts"

/** First tries by fault: a new fault starts with nobody known. */
const firstTries = new WeakMap<Fault, Map<string, number>>()

/** Whether this sender and recipient still have to wait. The first try starts the wait. */
export function greylisted(fault: Fault, pair: { sender: string; recipient: string; now: number }): boolean {
  const known = firstTries.get(fault) ?? new Map<string, number>()
  firstTries.set(fault, known)
  const key = `${pair.sender}\0${pair.recipient}`.toLowerCase()
  const first = known.get(key)
  if (first === undefined) known.set(key, pair.now)
  return pair.now - (first ?? pair.now) < (fault.greylistSeconds ?? 0) * 1000
}

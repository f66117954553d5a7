/** A mail that was listed but not delivered (mail-rules B4). */
export interface PendingMail {
  /** UID as text, or UIDL. */
  key: string
  size: number
  internalDate: number | null
  tries: number
  firstAt: number
  reason: string
}

const minute = 60_000
/** A mail is parked after this many tries … */
const maxTries = 5
/** … over at least this long. */
const minWaitMs = 60 * minute
/** When it is asked again, after its first failure: at once, then at later polls. */
const steps = [0, 0, 10 * minute, 25 * minute, 60 * minute]
/** More than these are left to the next listing of all UIDs. */
export const maxPending: number = 100
const maxReasonChars = 100

/** Counts a failed try. */
export function notePending(
  list: readonly PendingMail[],
  failed: { key: string; size: number; internalDate: number | null; reason: string },
  now: number,
): PendingMail[] {
  const before = list.find((one) => one.key === failed.key)
  const rest = list.filter((one) => one.key !== failed.key)
  const reason = shorten(failed.reason)
  return [...rest, { ...failed, reason, tries: (before?.tries ?? 0) + 1, firstAt: before?.firstAt ?? now }]
}

/** Given up before, and tried once more: the next failure ends it. */
export function lastChance(mail: { key: string; size: number; internalDate: number | null }, now: number): PendingMail {
  return { ...mail, tries: maxTries - 1, firstAt: now - minWaitMs, reason: "the server does not hand it out" }
}

/** Printable ASCII alone, since anything else may take up to six octets in a record. */
function shorten(reason: string): string {
  return reason.slice(0, maxReasonChars).replace(/[^ -~]|["\\]/g, "?")
}

/** Time to ask again, alone. */
export function isDue(mail: PendingMail, now: number): boolean {
  return now >= mail.firstAt + (steps[mail.tries] ?? minWaitMs)
}

/** It had its five tries over an hour: given up for now. */
export function isHopeless(mail: PendingMail, now: number): boolean {
  return mail.tries >= maxTries && now >= mail.firstAt + minWaitMs
}

import type { History } from "../account/account.ts"

const slackMs = 5 * 60_000
const lateMs = 60 * 60_000

/**
 * Mail that came before this time was there before us and is never fetched (mail-rules C1, C2). Milliseconds; 0 takes everything.
 * `new` means the creation of the account in whole seconds, less five minutes when the first session comes over an hour later:
 * then the clocks of both sides decide about mail that nobody wants to lose.
 */
export function baselineTime(history: History, createdAt: number, now: number): number {
  if (history === "all") return 0
  if (history !== "new") return Date.parse(history)
  const seconds = Math.floor(createdAt / 1000) * 1000
  return now - createdAt > lateMs ? seconds - slackMs : seconds
}

/** Mail without a date that can be read is delivered. */
export function isBaseline(date: number | null | undefined, baselineAt: number): boolean {
  return typeof date === "number" && date < baselineAt
}

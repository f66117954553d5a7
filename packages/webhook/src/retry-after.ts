const maxDelayMs = 24 * 3_600_000
const months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
/** The three forms of RFC 9110 5.6.7, of which senders must make only the first. */
const httpDate = new RegExp(
  `^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d{2} (?:${months}) \\d{4} \\d{2}:\\d{2}:\\d{2} GMT|` +
    `(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \\d{2}-(?:${months})-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT|` +
    `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:${months}) [\\d ]\\d \\d{2}:\\d{2}:\\d{2} \\d{4})$`,
)

/**
 * Milliseconds asked for by Retry-After (RFC 9110 10.2.3), seconds or a date, at most 24 h, at least 0. Null without the field or
 * when it is neither.
 */
export function retryAfterMs(value: string | undefined, now: number): number | null {
  const text = value?.trim()
  if (text === undefined) return null
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text) * 1000, maxDelayMs)
  if (!httpDate.test(text)) return null
  const at = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`)
  return Number.isNaN(at) ? null : Math.min(Math.max(at - now, 0), maxDelayMs)
}

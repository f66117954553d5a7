/** Milliseconds of an RFC 5322 date; null when absent or unreadable. Comments such as `(CEST)` are dropped first. */
export function parseDate(value: string | null): number | null {
  if (value === null || value.length > 200) return null
  const bare = value
    .replace(/\([^()]*\)/g, " ")
    .replace(/\s+/g, " ")
    .trim()
  if (!/\d/.test(bare)) return null
  const time = Date.parse(bare)
  return Number.isNaN(time) ? null : time
}

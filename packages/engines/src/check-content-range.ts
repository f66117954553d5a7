import { RelayError } from "@postrider/core/error/relay-error"
import type { ContentRange } from "@postrider/core/ports/content-store"

/**
 * Cuts a range to what the content has: octets `start` up to, not including, `end`.
 * @throws RelayError `internal` for negative or fractional numbers.
 */
export function checkContentRange(range: ContentRange | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size }
  const { start, length } = range
  if (!isCount(start) || !isCount(length)) {
    throw new RelayError("internal", "The content range is not valid.", { internal: `range ${start}, ${length}` })
  }
  return { start: Math.min(start, size), end: Math.min(start + length, size) }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

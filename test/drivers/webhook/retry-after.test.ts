import { retryAfterMs } from "@postrider/webhook/retry-after"
import { expect, test } from "vitest"

const now = Date.UTC(2026, 0, 1, 12, 0, 0)
const day = 86_400_000

test.each<[string | undefined, number | null]>([
  ["0", 0],
  ["120", 120_000],
  [" 7 ", 7_000],
  ["86400", day],
  ["86401", day],
  ["999999999999999", day],
  ["Thu, 01 Jan 2026 12:00:30 GMT", 30_000],
  ["Thursday, 01-Jan-26 12:00:30 GMT", 30_000],
  ["Thu Jan  1 12:00:30 2026", 30_000],
  ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
  ["Fri, 01 Jan 2027 12:00:00 GMT", day],
  [undefined, null],
  ["", null],
  ["-1", null],
  ["1.5", null],
  ["soon", null],
  ["2026-01-01T12:00:30Z", null],
  ["1e3", null],
])("Retry-After %j asks for %j ms, never over a day", (value, expected) => {
  expect(retryAfterMs(value, now)).toBe(expected)
})

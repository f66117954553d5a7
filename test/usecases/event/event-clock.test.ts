import { createEventClock } from "@postrider/core/event/event-clock"
import { expect, test } from "vitest"
import { createManualClock } from "../../support/manual-clock.ts"

test("times rise strictly, also within a millisecond and when the clock goes back", () => {
  let now = 1_000
  const clock = createEventClock({ now: () => now, sleep: async () => undefined }, { lagMs: 0 })
  const times = [clock.stamp().at, clock.stamp().at]
  now = 500
  times.push(clock.stamp().at)
  expect(times).toEqual([1_000, 1_001, 1_002])
})

test("no time is given that the watermark has already passed, without a lag too", () => {
  const clock = createEventClock(createManualClock(1_000), { lagMs: 0 })
  const mark = clock.watermark()
  const stamp = clock.stamp()
  expect(stamp.at).toBeGreaterThan(mark)
  stamp.done()
  expect(clock.watermark()).toBe(stamp.at)
  expect(clock.stamp().at).toBeGreaterThan(stamp.at)
})

test("the watermark stays before every time that is still out, and behind by the lag", () => {
  const clock = createEventClock(createManualClock(100_000), { lagMs: 5_000 })
  expect(clock.watermark()).toBe(95_000)
  const first = clock.stamp()
  const second = createEventClock(createManualClock(100_000), { lagMs: 0 })
  const open = second.stamp()
  second.stamp().done()
  expect(second.watermark()).toBe(open.at - 1)
  open.done()
  expect(second.watermark()).toBe(open.at + 1)
  first.done()
})

import { createClock } from "@postrider/runtime/clock"
import { describe, expect, it } from "vitest"

describe("clock", () => {
  it("sleep rejects with the signal's own reason, before and while it sleeps", async () => {
    const clock = createClock()
    const reason = new Error("enough")
    await expect(clock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason)
    const abort = new AbortController()
    const sleeping = clock.sleep(60_000, abort.signal)
    abort.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
  })

  it("sleep resolves after its time", async () => {
    const clock = createClock()
    const start = clock.now()
    await clock.sleep(15)
    expect(clock.now() - start).toBeGreaterThanOrEqual(13)
  })
})

import { setTimeout as wait } from "node:timers/promises"
import type { Clock } from "@postrider/core/ports/clock"

/** The machine's clock. Sleeping keeps the process alive, as long as it lasts. */
export function createClock(): Clock {
  return {
    now: () => Date.now(),
    async sleep(ms, signal) {
      try {
        await wait(ms, undefined, signal === undefined ? {} : { signal })
      } catch (error) {
        // The port promises the signal's reason, Node throws an AbortError around it.
        signal?.throwIfAborted()
        throw error
      }
    },
  }
}

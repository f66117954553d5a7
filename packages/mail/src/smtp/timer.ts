import type { Clock } from "@postrider/core/ports/clock"

export interface Timer {
  /** (Re)starts it: `onExpiry` is called once after `ms`, unless it is stopped or armed again. */
  arm(ms: number): void
  stop(): void
}

/** Node's timers take 31 bits, and fire at once beyond them. */
const longestMs = 2 ** 31 - 1

/** A timer on the clock we were given, so that tests need not wait. */
export function createTimer(clock: Clock, onExpiry: () => void): Timer {
  let current: AbortController | undefined
  const stop = (): void => {
    current?.abort()
    current = undefined
  }
  return {
    stop,
    arm(ms) {
      stop()
      const mine = new AbortController()
      current = mine
      clock.sleep(Math.min(Math.max(ms, 0), longestMs), mine.signal).then(
        () => {
          if (current === mine) onExpiry()
        },
        // The sleep ends with the reason of our own abort: stopped or armed again.
        () => undefined,
      )
    },
  }
}

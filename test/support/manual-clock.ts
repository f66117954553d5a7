import type { Clock } from "@postrider/core/ports/clock"

export interface ManualClock extends Clock {
  /** Moves time on, waking sleepers in the order of their times, and lets what they start run. */
  advance(ms: number): Promise<void>
  /** Sleepers there are now. */
  readonly sleeping: number
}

interface Sleeper {
  at: number
  wake(): void
}

/** Time that stands still until it is told to move. */
export function createManualClock(start: number = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start
  const sleepers = new Set<Sleeper>()

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal?.aborted === true) reject(signal.reason)
    else if (ms <= 0) resolve()
    else {
      const stop = () => {
        sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const wake = () => {
        sleepers.delete(sleeper)
        signal?.removeEventListener("abort", stop)
        resolve()
      }
      const sleeper = { at: now + ms, wake }
      signal?.addEventListener("abort", stop, { once: true })
      sleepers.add(sleeper)
    }
    return promise
  }

  return {
    now: () => now,
    sleep,
    async advance(ms) {
      const end = now + ms
      for (let first = earliest(sleepers, end); first; first = earliest(sleepers, end)) {
        now = Math.max(now, first.at)
        first.wake()
        await turnOfEventLoop()
      }
      now = end
      await turnOfEventLoop()
    },
    get sleeping() {
      return sleepers.size
    },
  }
}

function earliest(sleepers: Iterable<Sleeper>, end: number): Sleeper | undefined {
  let first: Sleeper | undefined
  for (const sleeper of sleepers)
    if (sleeper.at <= end && (first === undefined || sleeper.at < first.at)) first = sleeper
  return first
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

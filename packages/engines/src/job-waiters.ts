import type { QueueName } from "@postrider/core/job/job"
import type { Clock } from "@postrider/core/ports/clock"

/** Longest single sleep, so that a far due time never overflows a timer. */
const maxSleepMs = 60_000

export interface JobWaiters {
  /** Resolves on `wake`, after `ms`, when the signal aborts or on `close`, whichever is first. Never rejects. */
  wait(queue: QueueName, options: { ms: number; signal?: AbortSignal | undefined }): Promise<void>
  wake(queue: QueueName): void
  /** Wakes everyone, for good. */
  close(): void
  readonly closed: boolean
}

/** Receivers that wait for a job. Each sleeps once, until the next due time, and is woken when one is sent. */
export function createJobWaiters(clock: Clock): JobWaiters {
  const waiting = new Map<QueueName, Set<() => void>>()
  let closed = false

  function wake(queue: QueueName): void {
    for (const resolve of waiting.get(queue) ?? []) resolve()
  }

  return {
    async wait(queue, { ms, signal }) {
      if (closed || signal?.aborted === true) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const sleeping = new AbortController()
      const others = waiting.get(queue) ?? new Set()
      waiting.set(queue, others.add(resolve))
      signal?.addEventListener("abort", () => resolve(), { signal: sleeping.signal })
      // A sleep cut short rejects, and that too only means that this wait is over.
      clock.sleep(Math.min(ms, maxSleepMs), sleeping.signal).then(resolve, () => resolve())
      await promise
      others.delete(resolve)
      sleeping.abort()
    },
    wake,
    close() {
      closed = true
      for (const queue of waiting.keys()) wake(queue)
    },
    get closed() {
      return closed
    },
  }
}

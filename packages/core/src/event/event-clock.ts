import type { Clock } from "../ports/clock.ts"

/**
 * Gives events their times so that readers of the log see no gap. A time is taken before the event is written and given back once
 * it is durable; the watermark never passes a time still out, nor `lagMs` ago (other processes may be writing then).
 */
export interface EventClock {
  /** Strictly rising within the process. */
  stamp(): { at: number; done(): void }
  /** Everything up to this time, inclusive, is written; later stamps come after it. */
  watermark(): number
}

export function createEventClock(clock: Clock, options: { lagMs: number }): EventClock {
  const open = new Set<number>()
  let last = 0
  return {
    stamp() {
      const at = Math.max(clock.now(), last + 1)
      last = at
      open.add(at)
      return { at, done: () => void open.delete(at) }
    },
    watermark() {
      let mark = Math.max(clock.now(), last) - options.lagMs
      for (const at of open) mark = Math.min(mark, at - 1)
      // A reader may have taken this very millisecond for read: nothing more may be written into it.
      last = Math.max(last, mark)
      return mark
    },
  }
}

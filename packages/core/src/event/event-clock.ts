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
  /** Calls `mark` for the first time that falls into an hour; resolves once that has been done. What fails is done again. */
  onceAnHour(at: number, mark: () => Promise<void>): Promise<void>
}

const hourMs = 3_600_000

/** @param options.last times begin after it: the newest one that readers may know of, where the store has outlived a process. */
export function createEventClock(clock: Clock, options: { lagMs: number; last?: number }): EventClock {
  const open = new Set<number>()
  let last = options.last ?? 0
  let marked: { hour: number; done: Promise<void> } | undefined
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
    onceAnHour(at, mark) {
      const hour = Math.floor(at / hourMs)
      if (marked?.hour === hour) return marked.done
      const current = { hour, done: mark() }
      marked = current
      current.done.catch(() => {
        if (marked === current) marked = undefined
      })
      return current.done
    },
  }
}

import type { Interrupt } from "./interrupt.ts"

/** Those who wait for their turn, first come, first served. */
export interface WaitingLine {
  /** @throws Interruption */
  wait(interrupt: Interrupt): Promise<void>
  /** Lets the first one go on. */
  next(): void
}

export function createWaitingLine(): WaitingLine {
  const line: (() => void)[] = []
  const next = (): void => line.shift()?.()
  return {
    next,
    async wait(interrupt) {
      const { promise, resolve } = Promise.withResolvers<void>()
      line.push(resolve)
      try {
        await interrupt.race(promise)
      } catch (error) {
        const place = line.indexOf(resolve)
        // Woken and interrupted at once: the turn goes to the next.
        if (place < 0) next()
        else line.splice(place, 1)
        throw error
      }
    },
  }
}

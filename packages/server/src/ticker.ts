import type { Worker } from "@postrider/runtime/run-job"
import { newTickMemory, tick } from "@postrider/runtime/tick"

export interface Ticker {
  stop(): Promise<void>
}

/** Ticks every `tickMs`, one tick at a time; a tick that fails is logged and the next one makes up for it. */
export function startTicker(worker: Worker, tickMs: number): Ticker {
  const { ports } = worker
  const stopping = new AbortController()
  const memory = newTickMemory()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedAt = ports.clock.now()
      try {
        await tick(ports, memory)
      } catch (error) {
        ports.log.error("tick.failed", {}, error)
      }
      const restMs = Math.max(tickMs - (ports.clock.now() - startedAt), 0)
      await ports.clock.sleep(restMs, stopping.signal).catch(() => undefined)
    }
  }

  const loop = run()
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

import type { Relay } from "@postrider/runtime/assemble-relay"
import { newSweepMemory, sweep } from "@postrider/runtime/sweep"
import { newTickMemory, tick } from "@postrider/runtime/tick"

export interface Ticker {
  stop(): Promise<void>
}

const sweepEveryMs = 60_000

/** Ticks every `tickMs`, one tick at a time; a tick that fails is logged and the next one makes up for it. Once a minute a step of retention. */
export function startTicker({ worker, engine }: Pick<Relay, "worker" | "engine">, tickMs: number): Ticker {
  const { ports } = worker
  const { upkeep } = engine
  const sweepMemory = newSweepMemory()
  let sweptAt = 0
  const stopping = new AbortController()
  const memory = newTickMemory()

  async function sweepOnceAMinute(): Promise<void> {
    if (upkeep === undefined || ports.clock.now() - sweptAt < sweepEveryMs) return
    sweptAt = ports.clock.now()
    try {
      await sweep(ports, upkeep, sweepMemory)
    } catch (error) {
      ports.log.error("sweep.failed", {}, error)
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedAt = ports.clock.now()
      try {
        await tick(ports, memory)
      } catch (error) {
        ports.log.error("tick.failed", {}, error)
      }
      await sweepOnceAMinute()
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

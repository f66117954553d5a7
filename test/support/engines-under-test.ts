import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openEmbeddedEngine } from "@postrider/engines/embedded/engine"
import type { Engine } from "@postrider/engines/engine"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import type { EngineUnderTest } from "../contracts/engine-contract.ts"
import { createManualClock } from "./manual-clock.ts"

export const memory: EngineUnderTest = {
  lacks: {
    reopen: "memory forgets when it is closed",
    sole_owner: "memory forgets when it is closed",
    bounded_memory: "memory keeps content in memory",
  },
  async open() {
    const clock = createManualClock()
    const engine = createMemoryEngine({ clock })
    return {
      engine,
      now: clock.now,
      advance: clock.advance,
      catchUp: async () => {},
      reopen: () => Promise.reject(new Error("memory forgets when it is closed")),
      close: engine.close,
    }
  },
}

/** Indexes lag behind by half a second, jobs are as they should be. */
export const lagging: EngineUnderTest = {
  ...memory,
  async open() {
    const clock = createManualClock()
    const engine = createMemoryEngine({ clock, disorder: { seed: 1, lagIndexMs: 500 } })
    return {
      ...(await memory.open()),
      engine,
      now: clock.now,
      advance: clock.advance,
      catchUp: () => clock.advance(500),
    }
  },
}

export const embedded: EngineUnderTest = {
  async open() {
    const dir = await mkdtemp(join(tmpdir(), "engine-"))
    const clock = createManualClock()
    let engine: Engine = await openEmbeddedEngine({ dir, clock })
    return {
      get engine() {
        return engine
      },
      now: clock.now,
      advance: clock.advance,
      catchUp: async () => {},
      async reopen() {
        await engine.close()
        engine = await openEmbeddedEngine({ dir, clock })
      },
      async close() {
        await engine.close()
        await rm(dir, { recursive: true })
      },
    }
  },
}

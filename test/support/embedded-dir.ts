import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openEmbeddedEngine } from "@postrider/engines/embedded/engine"
import type { Engine } from "@postrider/engines/engine"
import { onTestFinished } from "vitest"
import { createManualClock, type ManualClock } from "./manual-clock.ts"

export interface EmbeddedDir {
  dir: string
  clock: ManualClock
  open(options?: { maxDatabaseBytes?: number }): Promise<Engine>
}

/** A directory of its own for one test; engines opened in it are closed and it is removed when the test ends. */
export async function embeddedDir(): Promise<EmbeddedDir> {
  const dir = await mkdtemp(join(tmpdir(), "embedded-"))
  const clock = createManualClock()
  const opened: Engine[] = []
  onTestFinished(async () => {
    for (const engine of opened) await engine.close()
    await rm(dir, { recursive: true })
  })
  return {
    dir,
    clock,
    async open(options = {}) {
      const engine = await openEmbeddedEngine({ dir, clock, ...options })
      opened.push(engine)
      return engine
    },
  }
}

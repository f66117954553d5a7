import type { Clock } from "@postrider/core/ports/clock"
import type { Engine } from "../engine.ts"
import { createContentStore } from "./content-store.ts"
import { createRandom, type Disorder } from "./disorder.ts"
import { createJobs } from "./job-queue.ts"
import { createRecordStore } from "./record-store.ts"

export interface MemoryOptions {
  clock: Clock
  /** Makes the engine as unruly as a distributed one, for tests of what must bear it. */
  disorder?: Disorder
}

/** An engine that forgets everything: for tests and demonstrations. Its answers are those of the durable ones. */
export function createMemoryEngine({ clock, disorder }: MemoryOptions): Engine {
  const random = createRandom(disorder?.seed ?? 0)
  const { queue, source, dropDead, close } = createJobs(clock, random, disorder ?? {})
  const content = createContentStore(clock)
  const { records, upkeep } = createRecordStore(clock, disorder?.lagIndexMs ?? 0)
  return {
    content: content.content,
    records,
    jobs: queue,
    source,
    upkeep: { ...content.upkeep, ...upkeep, dropDead },
    close: async () => close(),
  }
}

import type { LambdaStart } from "./start-on-lambda.ts"
import { newTickMemory, tick } from "./tick.ts"

/** One tick a call. A call that fails is tried again by the scheduler, and made up for by the next one. */
export function createTickHandler(start: LambdaStart): () => Promise<{ fired: number; polls: number }> {
  const { engine, clock, ids, log } = start
  const memory = newTickMemory()
  return async () => {
    const { fired, polls } = await tick({ records: engine.records, jobs: engine.jobs, clock, ids, log }, memory)
    log.info("tick", { fired, polls })
    return { fired, polls }
  }
}

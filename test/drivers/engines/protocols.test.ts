import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { deaths, faults, registerProtocols, registerUndisturbed } from "../../contracts/protocols.contract.ts"
import { lagging, memory } from "../../support/engines-under-test.ts"
import { createManualClock } from "../../support/manual-clock.ts"

/** Jobs come twice, late and in any order. */
function disordered(seed: number): typeof memory {
  return {
    ...memory,
    async open() {
      const clock = createManualClock()
      const disorder = { seed, shuffleJobs: true, duplicateJobs: 0.4, delayJobsMs: 20_000 }
      const engine = createMemoryEngine({ clock, disorder })
      return { ...(await memory.open()), engine, now: clock.now, advance: clock.advance, close: engine.close }
    },
  }
}

registerProtocols("memory", memory, { moments: [...deaths, ...faults] })
registerProtocols("memory whose indexes lag", lagging, { moments: deaths })
for (const seed of [1, 2, 3]) registerUndisturbed(`memory, jobs doubled, late and shuffled (${seed})`, disordered(seed))

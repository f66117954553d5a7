import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** Measures how much memory buffers hold after garbage collection, so that the answer does not depend on its mood. */
export function measureBuffers(): { sample(): void; grownBytes(): number } {
  setFlagsFromString("--expose-gc")
  const collect: () => void = runInNewContext("gc")
  const held = () => {
    collect()
    return process.memoryUsage().arrayBuffers
  }
  const before = held()
  let highest = before
  let samples = 0
  return {
    /** Looks once in sixteen calls, because collecting takes time. */
    sample() {
      if (samples++ % 16 === 0) highest = Math.max(highest, held())
    },
    grownBytes: () => highest - before,
  }
}

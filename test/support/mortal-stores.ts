import type { Engine } from "@postrider/engines/engine"

/** Thrown in place of a process that ended there: nothing after it runs. */
export class ProcessDied extends Error {
  override readonly name = "ProcessDied"
}

export interface Mortality {
  /** Calls so far that change something. */
  readonly calls: number
  readonly dead: boolean
  stores: Pick<Engine, "content" | "records" | "jobs">
}

/**
 * Stores whose n-th changing call kills the process: before it takes effect, or after it took effect and before its answer is seen.
 * Every call after that dies too. `n` of 0 never kills.
 */
export function mortalStores(engine: Engine, death: { n: number; moment: "before" | "after" }): Mortality {
  const state = { calls: 0, dead: false }
  async function step<T>(effect: () => Promise<T>): Promise<T> {
    if (state.dead) throw new ProcessDied()
    state.calls++
    const fatal = state.calls === death.n
    if (fatal && death.moment === "before") {
      state.dead = true
      throw new ProcessDied()
    }
    const answer = await effect()
    if (fatal) {
      state.dead = true
      throw new ProcessDied()
    }
    return answer
  }
  const { content, records, jobs } = engine
  return {
    get calls() {
      return state.calls
    },
    get dead() {
      return state.dead
    },
    stores: {
      content: {
        ...content,
        put: (key, body) => step(() => content.put(key, body)),
        delete: (keys) => step(() => content.delete(keys)),
      },
      records: {
        ...records,
        put: (record, when) => step(() => records.put(record, when)),
        add: (id, field, n, options) => step(() => records.add(id, field, n, options)),
        delete: (id, when) => step(() => records.delete(id, when)),
      },
      jobs: { ...jobs, send: (sent) => step(() => jobs.send(sent)) },
    },
  }
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { ReceivedJob } from "@postrider/core/ports/job-queue"
import type { Engine } from "@postrider/engines/engine"

/** Thrown in place of a process that ended there: nothing after it runs. */
export class ProcessDied extends Error {
  override readonly name = "ProcessDied"
}

/**
 * What happens at a call. The process dies `before` it takes effect, or `after` it took effect and before its answer is seen. Or the
 * process lives on and sees an error: the store `refused` the call, or did it and the answer got lost (`unanswered`).
 */
export type Moment = "before" | "after" | "refused" | "unanswered"

export interface Strike {
  /** Number of the call, from 1; 0 is none. Deaths count the calls that change something, faults count every call. */
  n: number
  moment: Moment
}

type Stores = Pick<Engine, "content" | "records" | "jobs" | "source">

export interface Mortality {
  /** Calls so far that may be struck. */
  readonly calls: number
  /** The call was made and struck. */
  readonly struck: boolean
  readonly dead: boolean
  /** No call is struck from now on. */
  disarm(): void
  stores: Stores
}

/** Stores, job settling included, whose n-th call is struck. Once the process is dead every call dies too. */
export function mortalStores(engine: Engine, strike: Strike): Mortality {
  const state = { calls: 0, struck: false, dead: false, armed: true }
  const mortal = strike.moment === "before" || strike.moment === "after"

  function strikeNow(): Error {
    state.struck = true
    state.dead = mortal
    return mortal ? new ProcessDied() : new RelayError("overloaded", "The store is overloaded.", { internal: "struck" })
  }

  async function step<T>(effect: () => Promise<T>): Promise<T> {
    if (state.dead) throw new ProcessDied()
    const now = ++state.calls === strike.n && state.armed
    if (now && (strike.moment === "before" || strike.moment === "refused")) throw strikeNow()
    const answer = await effect()
    if (state.dead) throw new ProcessDied()
    if (now) throw strikeNow()
    return answer
  }

  async function read<T>(effect: () => Promise<T>): Promise<T> {
    if (state.dead) throw new ProcessDied()
    if (!mortal) return step(effect)
    const answer = await effect()
    if (state.dead) throw new ProcessDied()
    return answer
  }

  return {
    get calls() {
      return state.calls
    },
    get struck() {
      return state.struck
    },
    get dead() {
      return state.dead
    },
    disarm() {
      state.armed = false
    },
    stores: struckStores(engine, step, read),
  }
}

type Step = <T>(effect: () => Promise<T>) => Promise<T>

function struckStores({ content, records, jobs, source }: Engine, step: Step, read: Step): Stores {
  const struck = (job: ReceivedJob): ReceivedJob => {
    return { ...job, settle: (disposition) => step(() => job.settle(disposition)) }
  }
  return {
    content: {
      ...content,
      get: (key, range) => read(() => content.get(key, range)),
      put: (key, body) => step(() => content.put(key, body)),
      delete: (keys) => step(() => content.delete(keys)),
    },
    records: {
      get: (id) => read(() => records.get(id)),
      getMany: (ids) => read(() => records.getMany(ids)),
      query: (index, part, query) => read(() => records.query(index, part, query)),
      put: (record, when) => step(() => records.put(record, when)),
      add: (id, field, n, options) => step(() => records.add(id, field, n, options)),
      delete: (id, when) => step(() => records.delete(id, when)),
    },
    jobs: {
      send: (sent) => step(() => jobs.send(sent)),
      depth: (queue) => read(() => jobs.depth(queue)),
    },
    source: {
      ...source,
      receive: async (queue, options) => (await source.receive(queue, options)).map(struck),
    },
  }
}

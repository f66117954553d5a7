import { maxDelayMs } from "../ports/job-queue.ts"
import { createEndpointChanges, type EndpointChanges } from "./endpoint-changes.ts"

/** What the deliveries of this process share: places at endpoints, and the writes of what they learn about them. */
export interface InFlight {
  readonly changes: EndpointChanges
  /** Takes a place, to be given back by calling the answer once, with the time then; undefined when `max` are taken. */
  enter(endpoint: string, max: number, now: number): ((now: number) => void) | undefined
  /**
   * When a delivery that found no place comes back, in milliseconds: at a random time, by `fraction` in [0, 1), before the line is worked
   * off, which takes those that wait times how long one takes over the places there are. 2 s at least, 15 minutes at most.
   */
  sendAway(endpoint: string, max: number, moment: { now: number; fraction: number }): number
}

interface Traffic {
  running: number
  /** Milliseconds that a delivery takes, recent ones counting more. */
  tookMs: number
  /** How many of those sent away come back in which second. They may come to another process; here they wait no more then. */
  returns: Map<number, number>
}

const second = 1_000
const shortestMs = 2 * second

/** Before any has ended: short, so that a quick endpoint is not kept waiting for what it could have had. */
const assumedMs = 100
const weight = 0.2
const maxKept = 10_000

export function createInFlight(): InFlight {
  const known = new Map<string, Traffic>()
  const trafficOf = (endpoint: string): Traffic => {
    const found = known.get(endpoint)
    if (found !== undefined) return found
    if (known.size >= maxKept) for (const [id, { running }] of known) if (running === 0) known.delete(id)
    const fresh = { running: 0, tookMs: assumedMs, returns: new Map<number, number>() }
    known.set(endpoint, fresh)
    return fresh
  }
  return {
    changes: createEndpointChanges(),
    enter(endpoint, max, now) {
      const traffic = trafficOf(endpoint)
      if (traffic.running >= max) return undefined
      traffic.running++
      let left = false
      return (leftAt) => {
        if (left) return
        left = true
        traffic.running--
        traffic.tookMs += weight * (Math.max(0, leftAt - now) - traffic.tookMs)
        if (traffic.running === 0 && waiting(traffic, leftAt) === 0) known.delete(endpoint)
      }
    },
    sendAway(endpoint, max, { now, fraction }) {
      const traffic = trafficOf(endpoint)
      const line = ((waiting(traffic, now) + 1) * traffic.tookMs) / max
      // Anywhere in the line: those that found no place together would come back together from its end, and leave places empty until then.
      const delay = Math.max(Math.min(line, maxDelayMs) * fraction, shortestMs * (1 + fraction))
      const back = Math.ceil((now + delay) / second)
      traffic.returns.set(back, (traffic.returns.get(back) ?? 0) + 1)
      return delay
    },
  }
}

function waiting({ returns }: Traffic, now: number): number {
  let count = 0
  for (const [back, jobs] of returns) {
    if (back * second < now) returns.delete(back)
    else count += jobs
  }
  return count
}

/** Bounds the deliveries to one endpoint that this process makes at a time. */
export interface InFlight {
  /** Takes a place, to be given back by calling the answer once; undefined when `max` are taken. */
  enter(endpoint: string, max: number): (() => void) | undefined
}

export function createInFlight(): InFlight {
  const running = new Map<string, number>()
  return {
    enter(endpoint, max) {
      const now = running.get(endpoint) ?? 0
      if (now >= max) return undefined
      running.set(endpoint, now + 1)
      let left = false
      return () => {
        if (left) return
        left = true
        const rest = (running.get(endpoint) ?? 1) - 1
        if (rest === 0) running.delete(endpoint)
        else running.set(endpoint, rest)
      }
    },
  }
}

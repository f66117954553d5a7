import type { EndpointRecord } from "./endpoint.ts"

/** Answers the new record, or undefined to leave it. Pure: it is asked again when a race is lost. */
export type EndpointChange = (current: EndpointRecord) => EndpointRecord | undefined
type Write = (change: EndpointChange) => Promise<EndpointRecord | undefined>

/** Joins what deliveries of this process change of one endpoint's record, so that a hundred that fail together do not race each other. */
export interface EndpointChanges {
  /**
   * Applies `change` with all others that wait for the write under way, in their order, as one change given to `write`.
   * @returns what stands there after all of them. Rejects for each as `write` does.
   */
  make(endpoint: string, change: EndpointChange, write: Write): Promise<EndpointRecord | undefined>
}

interface Batch {
  changes: EndpointChange[]
  result: Promise<EndpointRecord | undefined>
}

export function createEndpointChanges(): EndpointChanges {
  const last = new Map<string, Promise<unknown>>()
  const open = new Map<string, Batch>()
  return {
    make(endpoint, change, write) {
      const joined = open.get(endpoint)
      if (joined !== undefined) {
        joined.changes.push(change)
        return joined.result
      }
      const changes = [change]
      const before = last.get(endpoint) ?? Promise.resolve()
      const begin = () => {
        open.delete(endpoint)
        return write((current) => inOrder(current, changes))
      }
      // Those of the batch before are told of its failure by their own promise.
      const result = before.then(begin, begin)
      const forget = () => {
        if (last.get(endpoint) === result) last.delete(endpoint)
      }
      open.set(endpoint, { changes, result })
      last.set(endpoint, result)
      result.then(forget, forget)
      return result
    },
  }
}

function inOrder(current: EndpointRecord, changes: readonly EndpointChange[]): EndpointRecord | undefined {
  let next: EndpointRecord | undefined
  for (const change of changes) next = change(next ?? current) ?? next
  return next
}

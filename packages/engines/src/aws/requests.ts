import { RelayError } from "@postrider/core/error/relay-error"
import { awsFault, overloaded } from "./aws-fault.ts"

export interface AskOptions {
  /** For all tries together. */
  timeoutMs?: number
  /** Ends the request early, which then rejects. */
  signal?: AbortSignal | undefined
}

/** Requests of one engine, which end with it. */
export interface Requests {
  /**
   * Runs a request under a deadline. What it throws becomes a fault of ours.
   * @throws RelayError `not_ready` once closed, else as `awsFault` says.
   */
  ask<T>(request: (signal: AbortSignal) => Promise<T>, options?: AskOptions): Promise<T>
  /** Ends every request that waits and refuses new ones. */
  close(): void
  readonly closed: boolean
}

const defaultTimeoutMs = 30_000

export function createRequests(): Requests {
  const life = new AbortController()
  return {
    async ask(request, { timeoutMs = defaultTimeoutMs, signal } = {}) {
      if (life.signal.aborted) throw closed()
      const deadline = AbortSignal.timeout(timeoutMs)
      try {
        return await request(AbortSignal.any([life.signal, deadline, ...(signal === undefined ? [] : [signal])]))
      } catch (error) {
        if (life.signal.aborted) throw closed(error)
        if (deadline.aborted) throw overloaded(`no answer in ${timeoutMs} ms`, error)
        throw awsFault(error)
      }
    },
    close: () => life.abort(),
    get closed() {
      return life.signal.aborted
    },
  }
}

function closed(cause?: unknown): RelayError {
  return new RelayError("not_ready", "The store is closed.", { cause })
}

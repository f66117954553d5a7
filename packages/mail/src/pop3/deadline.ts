import type { Clock } from "@postrider/core/ports/clock"

export interface Deadline {
  /** Aborts at the deadline, or with the caller's signal; the reason has a `code`. */
  readonly signal: AbortSignal
  remainingMs(): number
  /** The session is over: nothing is left running. */
  clear(): void
}

/** The end of a session as one signal: the time it may take, or the caller's wish. */
export function startDeadline(clock: Clock, limits: { deadline: number; signal?: AbortSignal | undefined }): Deadline {
  const expiry = new AbortController()
  const timer = new AbortController()
  const remainingMs = () => Math.max(0, limits.deadline - clock.now())
  const expire = () => expiry.abort(Object.assign(new Error("the deadline passed"), { code: "DEADLINE" }))
  // Cleared before its time, the sleep rejects: nothing is to be done then.
  clock.sleep(remainingMs(), timer.signal).then(expire, () => undefined)
  return {
    signal: limits.signal === undefined ? expiry.signal : AbortSignal.any([expiry.signal, limits.signal]),
    remainingMs,
    clear: () => timer.abort(),
  }
}

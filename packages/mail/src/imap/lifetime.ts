import type { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { FaultClass, FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import { faultError } from "../fault/fault-error.ts"

/** Why a session is over, as an error of the call that was under way. */
export type Ending = (stage: FaultStage) => RelayError

export interface Lifetime {
  /** Null while the session lives. */
  readonly ending: Ending | null
  /** Aborted when the session ends. */
  readonly signal: AbortSignal
  /** Ends the session; the first cause stays. Every guarded call rejects at once. */
  end(cause: Ending): void
  /** Runs `work` unless the session is over; settles when the work does or the session ends, whichever is first. */
  guard<T>(stage: FaultStage, work: () => Promise<T>): Promise<T>
  /** Stops the deadline: the session was closed in an orderly way. */
  finish(): void
}

/** A span of time that ends at `deadline`, with `signal`, or when told to. */
export function createLifetime(clock: Clock, limits: { deadline: number; signal?: AbortSignal | undefined }): Lifetime {
  const controller = new AbortController()
  const timer = new AbortController()
  const pending = new Set<(cause: Ending) => void>()
  let ending: Ending | null = null

  const finish = () => {
    timer.abort()
    limits.signal?.removeEventListener("abort", onAbort)
  }
  const end = (cause: Ending) => {
    if (ending !== null) return
    ending = cause
    finish()
    for (const reject of pending) reject(cause)
    pending.clear()
    controller.abort()
  }
  const onAbort = () => end(aborted(limits.signal?.reason))

  if (limits.signal?.aborted) onAbort()
  else {
    limits.signal?.addEventListener("abort", onAbort, { once: true })
    clock.sleep(Math.max(0, limits.deadline - clock.now()), timer.signal).then(
      () => end(outOfTime),
      () => undefined,
    )
  }

  return {
    get ending() {
      return ending
    },
    signal: controller.signal,
    end,
    finish,
    guard<T>(stage: FaultStage, work: () => Promise<T>) {
      if (ending !== null) return Promise.reject(ending(stage))
      return new Promise<T>((resolve, reject) => {
        const stop = (cause: Ending) => reject(cause(stage))
        pending.add(stop)
        work()
          .then(resolve, (error: unknown) => reject(ending === null ? error : ending(stage)))
          .finally(() => pending.delete(stop))
      })
    },
  }
}

const outOfTime: Ending = (stage) => faultError(bareFault("timeout", stage, "DEADLINE"))

/** The caller gave up. */
export const aborted = (reason?: unknown): Ending => {
  return (stage) => faultError(bareFault("timeout", stage, "ABORT_ERR"), reason)
}

export const bareFault = (faultClass: FaultClass, stage: FaultStage, code: string | null): MailFault => ({
  class: faultClass,
  stage,
  code,
  enhancedCode: null,
  response: null,
  fix: null,
  misconfigured: false,
})

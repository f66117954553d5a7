import type { Clock } from "@postrider/core/ports/clock"
import { createTimer } from "./timer.ts"

/** Why we, not the server, ended something: `ETIMEDOUT` or `ABORT_ERR`. */
export class Interruption extends Error {
  readonly code: "ETIMEDOUT" | "ABORT_ERR"
  constructor(code: "ETIMEDOUT" | "ABORT_ERR") {
    super(code === "ETIMEDOUT" ? "timed out" : "aborted")
    this.code = code
  }
}

/** Ends an operation at its deadline, at the deadline of its current stage, or when the caller gives up, whichever is first. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Starts a stage of at most `ms`. */
  arm(ms: number): void
  /** Settles as `work` does, or rejects with the Interruption. */
  race<T>(work: Promise<T>): Promise<T>
  /** Stops all timers; nothing is interrupted any more. */
  end(): void
}

export function createInterrupt(clock: Clock, deadline: number, callerSignal?: AbortSignal): Interrupt {
  const controller = new AbortController()
  const timeOut = (): void => controller.abort(new Interruption("ETIMEDOUT"))
  const abort = (): void => controller.abort(new Interruption("ABORT_ERR"))
  const stage = createTimer(clock, timeOut)
  const whole = createTimer(clock, timeOut)
  if (callerSignal?.aborted === true) abort()
  callerSignal?.addEventListener("abort", abort, { once: true })
  whole.arm(deadline - clock.now())
  return {
    signal: controller.signal,
    arm: stage.arm,
    race: (work) => raceSignal(controller.signal, work),
    end() {
      stage.stop()
      whole.stop()
      callerSignal?.removeEventListener("abort", abort)
    },
  }
}

function raceSignal<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const interrupted = (): void => reject(signal.reason)
    if (signal.aborted) interrupted()
    signal.addEventListener("abort", interrupted, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", interrupted))
  })
}

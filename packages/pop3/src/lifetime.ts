import { Pop3Error } from "./pop3-error.ts"

interface LifetimeOptions {
  totalTimeoutMs: number
  signal: AbortSignal | undefined
  onEnd(error: Pop3Error): void
}

/** Ends a session from outside: by its total deadline, or by the caller's signal. */
export function createLifetime(options: LifetimeOptions): { start(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const abort = () =>
    options.onEnd(new Pop3Error("aborted", "the session was aborted", { cause: options.signal?.reason }))
  const expire = () =>
    options.onEnd(new Pop3Error("timeout", `the session took longer than ${options.totalTimeoutMs} ms`))

  return {
    start() {
      timer = setTimeout(expire, options.totalTimeoutMs)
      if (options.signal?.aborted === true) abort()
      else options.signal?.addEventListener("abort", abort, { once: true })
    },
    stop() {
      clearTimeout(timer)
      options.signal?.removeEventListener("abort", abort)
    },
  }
}

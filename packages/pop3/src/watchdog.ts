import { Pop3Error } from "./pop3-error.ts"

/** The deadline of the answer that is being waited for. */
export interface Watchdog {
  start(timeoutMs: number, command: string): void
  /** Content arrives: the time starts anew. */
  progress(): void
  /** The reader is the slow side: time rests. */
  rest(resting: boolean): void
  stop(): void
}

export function createWatchdog(onTimeout: (error: Pop3Error) => void): Watchdog {
  let timer: NodeJS.Timeout | undefined
  let current: { timeoutMs: number; command: string } | undefined

  const run = () => {
    if (current === undefined) return
    const { timeoutMs, command } = current
    const stage = command === "greeting" ? "greeting" : "command"
    const expire = () =>
      onTimeout(new Pop3Error("timeout", `${command}: no answer within ${timeoutMs} ms`, { command, stage }))
    timer = setTimeout(expire, timeoutMs)
  }
  const halt = () => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    start(timeoutMs, command) {
      halt()
      current = { timeoutMs, command }
      run()
    },
    progress: () => timer?.refresh(),
    rest(resting) {
      halt()
      if (!resting) run()
    },
    stop() {
      halt()
      current = undefined
    },
  }
}

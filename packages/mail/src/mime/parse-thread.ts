import { Worker } from "node:worker_threads"
import type { FromWorker, ToWorker } from "./worker-messages.ts"

export interface ThreadLimits {
  /** Time one mail may keep the worker busy; waiting for its octets or for the reader of an attachment does not count. */
  timeoutMs: number
  /** Heap of the worker. */
  maxHeapMb: number
  /** File of the worker; a bundler puts it elsewhere. */
  workerUrl: URL
}

/** Why a mail ended without a result. */
export type ThreadFailure = "timeout" | "crash"

export class ThreadError extends Error {
  readonly reason: ThreadFailure
  constructor(reason: ThreadFailure, cause?: unknown) {
    super(`mail parser: ${reason}`, { cause })
    this.reason = reason
  }
}

/** One worker thread, started when first used and again after it was killed. For one mail at a time. */
export interface ParseThread {
  post(message: ToWorker): void
  /** The next message about this mail. @throws ThreadError when the worker died or took too long. */
  next(mail: number): Promise<FromWorker>
  kill(): Promise<void>
}

export function createParseThread(limits: ThreadLimits): ParseThread {
  let worker: Worker | undefined
  let inbox: FromWorker[] = []
  let failure: ThreadError | undefined
  let wake: (() => void) | undefined
  let busy = { mail: -1, leftMs: 0 }

  const fail = (error: ThreadError) => {
    failure ??= error
    worker = undefined
    wake?.()
  }

  const running = (): Worker => {
    if (worker !== undefined) return worker
    const started = new Worker(limits.workerUrl, {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.maxHeapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    })
    const isCurrent = () => worker === started
    started.on("message", (message: FromWorker) => {
      inbox.push(message)
      wake?.()
    })
    started.on("error", (error) => isCurrent() && fail(new ThreadError("crash", error)))
    started.on("exit", (code) => isCurrent() && fail(new ThreadError("crash", new Error(`exit ${code}`))))
    // A parser that nobody closed must not keep the process alive.
    started.unref()
    worker = started
    return started
  }

  const kill = async () => {
    const dying = worker
    worker = undefined
    await dying?.terminate()
  }

  const wait = (): Promise<boolean> => {
    const since = performance.now()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), Math.max(0, busy.leftMs))
    wake = () => resolve(true)
    return promise.finally(() => {
      clearTimeout(timer)
      wake = undefined
      busy.leftMs -= performance.now() - since
    })
  }

  return {
    post(message) {
      if (message.kind === "start") {
        busy = { mail: message.mail, leftMs: limits.timeoutMs }
        inbox = []
        failure = undefined
      }
      // After a crash the rest of the mail has nowhere to go; `next` tells.
      if (failure !== undefined) return
      running().postMessage(message, message.kind === "chunk" ? [message.octets.buffer] : [])
    },
    async next(mail) {
      for (;;) {
        const message = inbox.shift()
        if (message?.mail === mail) return message
        if (message !== undefined) continue
        if (failure !== undefined) throw failure
        if (await wait()) continue
        await kill()
        fail(new ThreadError("timeout"))
      }
    },
    kill,
  }
}

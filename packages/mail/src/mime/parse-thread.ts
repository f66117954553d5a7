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
  const inbox = createInbox()
  let failure: ThreadError | undefined
  let leftMs = 0
  const fail = (error: ThreadError) => {
    failure ??= error
    inbox.wake()
  }
  const holder = createHolder(limits, {
    onMessage: inbox.push,
    onEnd: (cause) => fail(new ThreadError("crash", cause)),
  })

  return {
    post(message) {
      if (message.kind === "start") {
        leftMs = limits.timeoutMs
        inbox.clear()
        failure = undefined
      }
      // After a crash the rest of the mail has nowhere to go; `next` tells.
      if (failure !== undefined) return
      holder.running().postMessage(message, message.kind === "chunk" ? [message.octets.buffer] : [])
    },
    async next(mail) {
      for (;;) {
        const message = inbox.shift()
        if (message?.mail === mail) return message
        if (message !== undefined) continue
        if (failure !== undefined) throw failure
        const since = performance.now()
        const came = await inbox.wait(leftMs)
        leftMs -= performance.now() - since
        if (came) continue
        await holder.kill()
        fail(new ThreadError("timeout"))
      }
    },
    kill: holder.kill,
  }
}

interface WorkerListener {
  onMessage(message: FromWorker): void
  /** The worker ended by itself. */
  onEnd(cause: unknown): void
}

/** Keeps one worker running, a new one after the last has ended. */
function createHolder(limits: ThreadLimits, listener: WorkerListener) {
  let worker: Worker | undefined
  return {
    running(): Worker {
      if (worker !== undefined) return worker
      const started = spawn(limits, {
        onMessage: listener.onMessage,
        onEnd(cause) {
          // One that was killed, or has told of its end already.
          if (worker !== started) return
          worker = undefined
          listener.onEnd(cause)
        },
      })
      worker = started
      return started
    },
    async kill(): Promise<void> {
      const dying = worker
      worker = undefined
      await dying?.terminate()
    },
  }
}

/** Messages of the worker in order, and a wait for the next one. */
function createInbox() {
  let messages: FromWorker[] = []
  let wake: (() => void) | undefined
  return {
    push(message: FromWorker): void {
      messages.push(message)
      wake?.()
    },
    shift: () => messages.shift(),
    clear(): void {
      messages = []
    },
    wake: () => wake?.(),
    /** False when nothing came in time. */
    async wait(ms: number): Promise<boolean> {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const timer = setTimeout(() => resolve(false), Math.max(0, ms))
      wake = () => resolve(true)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        wake = undefined
      }
    },
  }
}

function spawn(limits: ThreadLimits, listener: WorkerListener): Worker {
  const worker = new Worker(limits.workerUrl, {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.maxHeapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  })
  worker.on("message", listener.onMessage)
  worker.on("error", listener.onEnd)
  worker.on("exit", (code) => listener.onEnd(new Error(`exit ${code}`)))
  // A parser that nobody closed must not keep the process alive.
  worker.unref()
  return worker
}

import type { QueueName } from "@postrider/core/job/job"
import type { ReceivedJob } from "@postrider/core/ports/job-queue"
import type { Engine } from "@postrider/engines/engine"
import { runJob, type Worker } from "@postrider/runtime/run-job"

export interface ConsumerOptions {
  queue: QueueName
  /** Jobs run at a time. */
  concurrency: number
  /** Longest run of one job; its visibility is this and a minute. */
  runMs: number
  /** Aborts running jobs when draining took too long. */
  abort: AbortSignal
}

export interface Consumer {
  /** Takes no more jobs; resolves when the running ones have ended. */
  stop(): Promise<void>
}

const batch = 16
const waitMs = 20_000
const graceMs = 60_000
/** Faults of ours, not of peers: those come back as fresh jobs. */
const maxReceives = 20
const restAfterFaultMs = 1000

/** Pulls jobs of one queue and runs them, up to `concurrency` at a time, until stopped. */
export function startConsumer(worker: Worker, source: Engine["source"], options: ConsumerOptions): Consumer {
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  const loop = consume()

  async function consume(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (running.size >= options.concurrency) {
        await Promise.race(running)
        continue
      }
      for (const job of await receive(options.concurrency - running.size)) {
        const run = handle(job).finally(() => running.delete(run))
        running.add(run)
      }
    }
  }

  async function receive(free: number): Promise<ReceivedJob[]> {
    try {
      const max = Math.min(free, batch)
      const visibilityMs = options.runMs + graceMs
      return await source.receive(options.queue, { max, waitMs, visibilityMs, maxReceives, signal: stopping.signal })
    } catch (error) {
      worker.ports.log.error("consumer.receive_failed", { queue: options.queue }, error)
      await worker.ports.clock.sleep(restAfterFaultMs, stopping.signal).catch(() => undefined)
      return []
    }
  }

  async function handle(job: ReceivedJob): Promise<void> {
    const deadline = worker.ports.clock.now() + options.runMs
    const run = { body: job.body, receives: job.receives, deadline, signal: options.abort }
    try {
      await job.settle(await runJob(worker, run))
    } catch (error) {
      // It comes back when its visibility ends.
      worker.ports.log.error("consumer.settle_failed", { queue: options.queue, job: job.id }, error)
    }
  }

  return {
    async stop() {
      stopping.abort()
      await loop
      await Promise.all(running)
    },
  }
}

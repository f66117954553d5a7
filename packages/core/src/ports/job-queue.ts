import type { Job, QueueName } from "../job/job.ts"

/** Longest delay that rides on a queue; longer waits are records in the `due` index. */
export const maxDelayMs: number = 15 * 60 * 1000

export interface JobToSend {
  job: Job
  /** 0 to `maxDelayMs`. */
  delayMs?: number
  /** Jobs of different groups get turns; a hint, not a promise. */
  group?: string
}

export interface QueueDepth {
  waiting: number
  delayed: number
  running: number
  dead: number
}

export interface JobQueue {
  /** Resolves only when all are durable; the type of a job names its queue. After an error any of them may have been sent. */
  send(jobs: readonly JobToSend[]): Promise<void>
  depth(queue: QueueName): Promise<QueueDepth>
}

/** Answer of a worker to a job. `reject` moves it to the dead letters with the reason. */
export type Disposition = { kind: "done" } | { kind: "retry"; delayMs: number } | { kind: "reject"; why: string }

export interface ReceivedJob {
  /** As sent; parse it with `parseJob`: it may come from another version. */
  body: unknown
  id: string
  /** 1 on the first delivery. */
  receives: number
  /** Removes, delays or buries it. Does nothing when visibility was lost to another receiver meanwhile. */
  settle(disposition: Disposition): Promise<void>
}

export interface DeadLetter {
  id: string
  queue: QueueName
  body: unknown
  why: string
  receives: number
  at: number
}

/** The pull side, where the process runs its own consumers. */
export interface JobSource {
  /**
   * Up to `max` jobs whose time has come, groups taking turns, hidden from others for `visibilityMs`. Waits up to `waitMs` for
   * the first one; empty when none came or the signal aborted. A job received more than `maxReceives` times is buried instead.
   */
  receive(
    queue: QueueName,
    options: { max: number; waitMs: number; visibilityMs: number; maxReceives: number; signal?: AbortSignal },
  ): Promise<ReceivedJob[]>
  /** Keeps a running job hidden for `visibilityMs` from now. */
  extend(queue: QueueName, id: string, visibilityMs: number): Promise<void>
  deadLetters(
    queue: QueueName,
    options: { after?: string; limit: number },
  ): Promise<{ letters: DeadLetter[]; next?: string }>
  /** Sends dead letters again, all of the queue or the named ones; answers how many. */
  redrive(queue: QueueName, ids?: readonly string[]): Promise<number>
}

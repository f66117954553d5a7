import { RelayError } from "@postrider/core/error/relay-error"
import type { QueueName } from "@postrider/core/job/job"
import { type Disposition, type JobSource, maxDelayMs, type ReceivedJob } from "@postrider/core/ports/job-queue"
import type { DeadLetters } from "./dead-letters.ts"
import type { JobParts } from "./job-queue.ts"
import type { JobRow } from "./job-table.ts"
import { guardStorage } from "./storage-fault.ts"

/** Jobs looked at in one transaction, whatever is due, so that a flood never holds up the writes of others for long. */
const maxPerTransaction = 1000

type ReceiveOptions = Parameters<JobSource["receive"]>[1]

/** The pull side over SQLite. A delivery is on the disk before it is handed out, so that a job that kills the process is counted. */
export function createJobSource(parts: JobParts & { dead: DeadLetters }): JobSource {
  const { table, committer, waiters, clock } = parts
  const take = createTake(parts)
  const settle = createSettle(parts)

  function firstDue(queue: QueueName, now: number): number {
    return table.hasReady(queue) ? now : (table.nextDue(queue) ?? Number.POSITIVE_INFINITY)
  }

  function received(queue: QueueName, row: JobRow): ReceivedJob {
    return {
      id: String(row.seq),
      body: JSON.parse(row.body),
      receives: row.receives,
      settle: (disposition) => settle(queue, row, disposition),
    }
  }

  return {
    async receive(queue, options) {
      const end = clock.now() + options.waitMs
      while (!waiters.closed && options.signal?.aborted !== true) {
        const now = clock.now()
        const due = guardStorage(() => firstDue(queue, now))
        if (due <= now) {
          const rows = await committer.run(() => take(queue, options))
          if (rows.length > 0) return rows.map((row) => received(queue, row))
          continue
        }
        if (now >= end) return []
        await waiters.wait(queue, { ms: Math.min(end, due) - now, signal: options.signal })
      }
      return []
    },
    async extend(queue, id, visibilityMs) {
      await committer.run(() => table.extend(queue, Number(id), clock.now() + visibilityMs))
    },
    ...createDeadLetterDesk(parts),
  }
}

function createTake({ table, dead, clock }: JobParts & { dead: DeadLetters }) {
  return (queue: QueueName, { max, visibilityMs, maxReceives }: ReceiveOptions): JobRow[] => {
    const now = clock.now()
    const taken: JobRow[] = []
    table.promote(queue, now, maxPerTransaction)
    for (let looked = 0; taken.length < max && looked < maxPerTransaction; looked++) {
      const row = table.next(queue)
      if (row === undefined) break
      if (row.receives >= maxReceives) {
        dead.bury(queue, row, { why: `received ${row.receives} times without an answer`, at: now })
        continue
      }
      table.hold(row.seq, now + visibilityMs)
      taken.push({ ...row, receives: row.receives + 1 })
    }
    return taken
  }
}

function createSettle({ table, dead, committer, waiters, clock }: JobParts & { dead: DeadLetters }) {
  return async (queue: QueueName, { seq, receives }: JobRow, disposition: Disposition): Promise<void> => {
    await committer.run(() => {
      const row = table.held(seq, receives)
      if (row === undefined) return
      const now = clock.now()
      switch (disposition.kind) {
        case "done":
          return table.remove(seq)
        case "retry": {
          const delayMs = Math.min(Math.max(Math.ceil(disposition.delayMs), 0), maxDelayMs)
          return table.retry(queue, row, { due: now + delayMs, now })
        }
        case "reject":
          return dead.bury(queue, row, { why: disposition.why, at: now })
      }
    })
    if (disposition.kind === "retry") waiters.wake(queue)
  }
}

function createDeadLetterDesk({ table, dead, committer, waiters, clock }: JobParts & { dead: DeadLetters }) {
  function resend(queue: QueueName, jobs: readonly { group: string; body: string }[]): number {
    const now = clock.now()
    for (const { group, body } of jobs) table.add(queue, { group, body, due: now }, now)
    return jobs.length
  }

  async function redriveAll(queue: QueueName): Promise<number> {
    // Letters that die again meanwhile get higher numbers and stay.
    const last = guardStorage(() => dead.last(queue))
    for (let sent = 0; ; ) {
      const some = await committer.run(() => resend(queue, dead.takeUpTo(queue, last, maxPerTransaction)))
      sent += some
      if (some < maxPerTransaction) return sent
    }
  }

  return {
    deadLetters: async (queue, { after, limit }) => {
      const found = guardStorage(() => dead.list(queue, readAfter(after), limit + 1))
      const shown = found.slice(0, limit)
      const letters = shown.map(({ letter }) => letter)
      const last = shown.at(-1)
      return found.length > limit && last ? { letters, next: String(last.n) } : { letters }
    },
    redrive: async (queue, ids) => {
      const sent =
        ids === undefined ? await redriveAll(queue) : await committer.run(() => resend(queue, dead.take(queue, ids)))
      waiters.wake(queue)
      return sent
    },
  } satisfies Partial<JobSource>
}

function readAfter(after: string | undefined): number {
  if (after === undefined) return 0
  if (/^\d{1,15}$/.test(after)) return Number(after)
  throw new RelayError("invalid_cursor", "The cursor is not one of this list.")
}

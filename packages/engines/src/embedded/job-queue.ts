import type { Clock } from "@postrider/core/ports/clock"
import type { JobQueue } from "@postrider/core/ports/job-queue"
import { checkJobs } from "../check-jobs.ts"
import type { JobWaiters } from "../job-waiters.ts"
import type { Committer } from "./committer.ts"
import type { JobTable } from "./job-table.ts"
import { guardStorage } from "./storage-fault.ts"

export interface JobParts {
  table: JobTable
  committer: Committer
  waiters: JobWaiters
  clock: Clock
}

/** Sends jobs into SQLite: all of one call, or none. */
export function createJobQueue({ table, committer, waiters, clock }: JobParts): JobQueue {
  return {
    async send(jobs) {
      const checked = checkJobs(jobs)
      if (checked.length === 0) return
      await committer.run(() => {
        const now = clock.now()
        for (const { queue, body, delayMs, group } of checked)
          table.add(queue, { group, body, due: now + delayMs }, now)
      })
      for (const queue of new Set(checked.map((job) => job.queue))) waiters.wake(queue)
    },
    depth: async (queue) => guardStorage(() => table.depth(queue, clock.now())),
  }
}

import type { DatabaseSync } from "node:sqlite"
import type { QueueName } from "@postrider/core/job/job"
import type { DeadLetter } from "@postrider/core/ports/job-queue"
import type { JobRow } from "./job-table.ts"
import { numberOf, type Row, textOf } from "./read-row.ts"

export interface BuriedJob {
  n: number
  group: string
  body: string
}

export interface DeadLetters {
  bury(queue: QueueName, job: JobRow, death: { why: string; at: number }): void
  /** Oldest death first, after the letter with number `after`. */
  list(queue: QueueName, after: number, limit: number): { n: number; letter: DeadLetter }[]
  /** Highest number there is, 0 without letters. */
  last(queue: QueueName): number
  /** Takes at most `limit` letters numbered up to `last` out of the dead. */
  takeUpTo(queue: QueueName, last: number, limit: number): BuriedJob[]
  take(queue: QueueName, ids: readonly string[]): BuriedJob[]
  /** Drops at most `limit` of the oldest letters, of any queue, buried before a time; answers how many. */
  drop(before: number, limit: number): number
}

/** Rows of `dead_job`, for use inside a transaction. */
export function createDeadLetters(db: DatabaseSync): DeadLetters {
  const bury = db.prepare("INSERT INTO dead_job (id, queue, grp, body, why, receives, at) VALUES (?, ?, ?, ?, ?, ?, ?)")
  const remove = db.prepare("DELETE FROM job WHERE seq = ?")
  const list = db.prepare("SELECT * FROM dead_job WHERE queue = ? AND n > ? ORDER BY n LIMIT ?")
  const last = db.prepare("SELECT max(n) AS n FROM dead_job WHERE queue = ?")
  const takeUpTo = db.prepare(
    `DELETE FROM dead_job WHERE n IN (SELECT n FROM dead_job WHERE queue = ? AND n <= ? ORDER BY n LIMIT ?)
     RETURNING n, grp, body`,
  )
  const take = db.prepare(
    "DELETE FROM dead_job WHERE queue = ? AND id IN (SELECT value FROM json_each(?)) RETURNING n, grp, body",
  )
  const drop = db.prepare(
    "DELETE FROM dead_job WHERE n IN (SELECT n FROM (SELECT n, at FROM dead_job ORDER BY n LIMIT ?) WHERE at < ?)",
  )

  return {
    bury(queue, job, { why, at }) {
      remove.run(job.seq)
      bury.run(String(job.seq), queue, job.group, job.body, why, job.receives, at)
    },
    list: (queue, after, limit) =>
      list.all(queue, after, limit).map((row) => ({ n: numberOf(row, "n"), letter: letterOf(queue, row) })),
    last: (queue) => Number(last.get(queue)?.n ?? 0),
    takeUpTo: (queue, upTo, limit) => takeUpTo.all(queue, upTo, limit).map(buriedOf).sort(byNumber),
    take: (queue, ids) => take.all(queue, JSON.stringify(ids)).map(buriedOf).sort(byNumber),
    drop: (before, limit) => Number(drop.run(limit, before).changes),
  }
}

function letterOf(queue: QueueName, row: Row): DeadLetter {
  return {
    id: textOf(row, "id"),
    queue,
    body: JSON.parse(textOf(row, "body")),
    why: textOf(row, "why"),
    receives: numberOf(row, "receives"),
    at: numberOf(row, "at"),
  }
}

function buriedOf(row: Row): BuriedJob {
  return { n: numberOf(row, "n"), group: textOf(row, "grp"), body: textOf(row, "body") }
}

function byNumber(a: BuriedJob, b: BuriedJob): number {
  return a.n - b.n
}

import type { DatabaseSync } from "node:sqlite"
import type { QueueName } from "@postrider/core/job/job"
import type { QueueDepth } from "@postrider/core/ports/job-queue"
import { createFairTurns, type FairTurns } from "../fair-turns.ts"
import { numberOf, type Row, textOf } from "./read-row.ts"

export interface JobRow {
  seq: number
  group: string
  body: string
  receives: number
}

export interface JobTable {
  /** Adds a job, ready at `due`. */
  add(queue: QueueName, job: { group: string; body: string; due: number }, now: number): void
  /** Gives a rank to at most `limit` jobs whose time has come: they join the turns of their groups. */
  promote(queue: QueueName, now: number, limit: number): void
  /** The ready job whose turn it is. */
  next(queue: QueueName): JobRow | undefined
  /** Hides a job until `until` and counts a delivery. */
  hold(seq: number, until: number): void
  /** The job, if that delivery still holds it. */
  held(seq: number, receives: number): JobRow | undefined
  remove(seq: number): void
  /** Lets go of a held job, ready at `due`. */
  retry(queue: QueueName, job: JobRow, times: { due: number; now: number }): void
  extend(queue: QueueName, seq: number, until: number): void
  hasReady(queue: QueueName): boolean
  /** When the first job that is delayed or held comes free. */
  nextDue(queue: QueueName): number | undefined
  depth(queue: QueueName, now: number): QueueDepth
}

/**
 * Jobs of all queues. `rank` is set while a job is ready (its place in the turns of groups) and null while it is delayed or
 * held, with `due` the moment that ends; so both questions, whose turn and what is due, are one look at an index.
 */
export function createJobTable(db: DatabaseSync): JobTable {
  const turns = restoreTurns(db)
  const add = db.prepare("INSERT INTO job (queue, grp, body, due, rank) VALUES (?, ?, ?, ?, ?)")
  const due = db.prepare(
    "SELECT seq, grp FROM job WHERE queue = ? AND rank IS NULL AND due <= ? ORDER BY due, seq LIMIT ?",
  )
  const rank = db.prepare("UPDATE job SET rank = ? WHERE seq = ?")
  const next = db.prepare(
    "SELECT seq, grp, body, receives, rank FROM job WHERE queue = ? AND rank IS NOT NULL ORDER BY rank, seq LIMIT 1",
  )
  const hold = db.prepare("UPDATE job SET rank = NULL, due = ?, receives = receives + 1, held = 1 WHERE seq = ?")
  const held = db.prepare("SELECT seq, grp, body, receives FROM job WHERE seq = ? AND receives = ? AND held = 1")
  const remove = db.prepare("DELETE FROM job WHERE seq = ?")
  const retry = db.prepare("UPDATE job SET rank = ?, due = ?, held = 0 WHERE seq = ?")
  const extend = db.prepare("UPDATE job SET rank = NULL, due = ? WHERE seq = ? AND queue = ? AND held = 1")
  const anyReady = db.prepare("SELECT 1 FROM job WHERE queue = ? AND rank IS NOT NULL LIMIT 1")
  const nextDue = db.prepare("SELECT min(due) AS due FROM job WHERE queue = ? AND rank IS NULL")

  return {
    add(queue, job, now) {
      const place = job.due <= now ? turns[queue].join(job.group) : null
      add.run(queue, job.group, job.body, job.due, place)
    },
    promote(queue, now, limit) {
      for (const row of due.all(queue, now, limit))
        rank.run(turns[queue].join(textOf(row, "grp")), numberOf(row, "seq"))
    },
    next(queue) {
      const row = next.get(queue)
      if (row === undefined) return undefined
      turns[queue].served(numberOf(row, "rank"))
      return jobOf(row)
    },
    hold: (seq, until) => void hold.run(until, seq),
    held(seq, receives) {
      const row = held.get(seq, receives)
      return row && jobOf(row)
    },
    remove: (seq) => void remove.run(seq),
    retry(queue, job, times) {
      const place = times.due <= times.now ? turns[queue].join(job.group) : null
      retry.run(place, times.due, job.seq)
    },
    extend: (queue, seq, until) => void extend.run(until, seq, queue),
    hasReady: (queue) => anyReady.get(queue) !== undefined,
    nextDue(queue) {
      const first = nextDue.get(queue)?.due
      return typeof first === "number" ? first : undefined
    },
    depth: createDepth(db),
  }
}

function createDepth(db: DatabaseSync): JobTable["depth"] {
  const ready = db.prepare("SELECT count(*) AS n FROM job WHERE queue = ? AND rank IS NOT NULL")
  const later = db.prepare(
    `SELECT count(*) FILTER (WHERE due <= ?2) AS due, count(*) FILTER (WHERE due > ?2 AND held = 1) AS held,
       count(*) FILTER (WHERE due > ?2 AND held = 0) AS delayed FROM job WHERE queue = ?1 AND rank IS NULL`,
  )
  const dead = db.prepare("SELECT count(*) AS n FROM dead_job WHERE queue = ?")
  return (queue, now) => {
    const counts = later.get(queue, now) ?? {}
    return {
      waiting: numberOf(ready.get(queue) ?? {}, "n") + numberOf(counts, "due"),
      delayed: numberOf(counts, "delayed"),
      running: numberOf(counts, "held"),
      dead: numberOf(dead.get(queue) ?? {}, "n"),
    }
  }
}

function restoreTurns(db: DatabaseSync): Record<QueueName, FairTurns> {
  const ranks = db.prepare(
    "SELECT grp, min(rank) AS lowest, max(rank) AS highest FROM job WHERE queue = ? AND rank IS NOT NULL GROUP BY grp",
  )
  const restore = (queue: QueueName): FairTurns => {
    const turns = createFairTurns()
    for (const row of ranks.all(queue)) {
      turns.restore(textOf(row, "grp"), { lowest: numberOf(row, "lowest"), highest: numberOf(row, "highest") })
    }
    return turns
  }
  return { outbound: restore("outbound"), poll: restore("poll"), webhook: restore("webhook") }
}

function jobOf(row: Row): JobRow {
  return {
    seq: numberOf(row, "seq"),
    group: textOf(row, "grp"),
    body: textOf(row, "body"),
    receives: numberOf(row, "receives"),
  }
}

import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import type { Clock } from "@postrider/core/ports/clock"
import type { Engine } from "../engine.ts"
import { createJobWaiters } from "../job-waiters.ts"
import { createCommitter } from "./committer.ts"
import { openContentStore } from "./content-store.ts"
import { openDatabase } from "./database.ts"
import { createDeadLetters } from "./dead-letters.ts"
import { lockDirectory } from "./directory-lock.ts"
import { createJobQueue } from "./job-queue.ts"
import { createJobSource } from "./job-source.ts"
import { createJobTable } from "./job-table.ts"
import { createRecordIds } from "./record-ids.ts"
import { createRecordStore } from "./record-store.ts"
import { storageFault } from "./storage-fault.ts"

export interface EmbeddedOptions {
  /** Made when missing. Everything lies below it; copying it while the engine is closed is a backup. */
  dir: string
  clock: Clock
  /** Most octets of the database file, content over 64 KB not counted. Writes beyond it are refused with `overloaded`. */
  maxDatabaseBytes?: number
}

/**
 * One directory on one machine: a SQLite file and content files. Every answered write survives `kill -9` and power loss.
 * @throws RelayError `not_ready` when another process has the directory or a newer version wrote it.
 */
export async function openEmbeddedEngine({ dir, clock, maxDatabaseBytes }: EmbeddedOptions): Promise<Engine> {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw storageFault(error)
  })
  const undo: (() => void)[] = []
  const closeAll = () => {
    for (let close = undo.pop(); close !== undefined; close = undo.pop()) close()
  }
  try {
    const lock = lockDirectory(dir)
    undo.push(lock.release)
    const db = openDatabase(dir, { maxBytes: maxDatabaseBytes })
    undo.push(() => db.close())
    const committer = createCommitter(db)
    undo.push(committer.close)
    const waiters = createJobWaiters(clock)
    undo.push(waiters.close)
    releaseHeld(db)
    const jobs = { table: createJobTable(db), dead: createDeadLetters(db), committer, waiters, clock }
    const { content, upkeep } = await openContentStore({ db, committer, clock, dir: join(dir, "content") })
    return {
      content,
      records: createRecordStore({ db, committer, clock }),
      jobs: createJobQueue(jobs),
      source: createJobSource(jobs),
      upkeep: {
        ...upkeep,
        recordIds: createRecordIds(db),
        dropDead: (before, limit) => committer.run(() => jobs.dead.drop(before, limit)),
      },
      close: async () => closeAll(),
    }
  } catch (error) {
    closeAll()
    throw storageFault(error)
  }
}

/** Whoever held a job ran in a process that is gone: this one alone has the directory. So the job is ready at once. */
function releaseHeld(db: DatabaseSync): void {
  db.exec("UPDATE job SET held = 0, due = 0 WHERE held = 1")
}

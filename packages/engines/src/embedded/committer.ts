import type { DatabaseSync } from "node:sqlite"
import { RelayError } from "@postrider/core/error/relay-error"
import { overloaded, storageFault } from "./storage-fault.ts"

/** A group stays open while more writes arrive, this long at most. */
const maxOpenMs = 2
const maxGroup = 512
const maxWaiting = 10_000

export interface Committer {
  /**
   * Runs `write` inside the next transaction and resolves with its answer once that is on the disk. `write` is synchronous, so
   * no reader ever sees what is not committed. When it throws, its own changes alone are undone.
   * @throws what `write` threw; RelayError `overloaded` when the disk refused the group or too many writes wait.
   */
  run<T>(write: () => T): Promise<T>
  /** Adds work that rides along with the transactions of others. */
  addChore(chore: () => void): void
  /** Commits what waits, then refuses more. */
  close(): void
}

interface Write {
  /** Runs inside the transaction; answers how to tell the caller after it. */
  run(): () => void
  refuse(error: RelayError): void
}

/** Group commit: concurrent writes share one transaction and one fsync. */
export function createCommitter(db: DatabaseSync): Committer {
  const inTransaction = createTransactions(db)
  const chores: (() => void)[] = []
  let waiting: Write[] = []
  let opened: number | undefined
  let closed = false

  return {
    run(write) {
      if (closed) return Promise.reject(new RelayError("not_ready", "The store is closed."))
      if (waiting.length >= maxWaiting) return Promise.reject(overloaded(`${maxWaiting} writes wait`))
      const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof write>>()
      waiting.push({
        run: () => {
          const answer = write()
          return () => resolve(answer)
        },
        refuse: reject,
      })
      open()
      return promise
    },
    addChore(chore) {
      chores.push(chore)
    },
    close() {
      closed = true
      while (waiting.length > 0) flush()
    },
  }

  function open(): void {
    if (opened !== undefined) return
    opened = performance.now()
    turn(opened, 0)
  }

  // A group ends with the first turn of the event loop that adds nothing to it: a lone writer does not wait for company.
  function turn(since: number, seen: number): void {
    setImmediate(() => {
      const grows = waiting.length > seen && waiting.length < maxGroup
      if (grows && performance.now() - since < maxOpenMs) return turn(since, waiting.length)
      opened = undefined
      if (waiting.length > 0) flush()
    })
  }

  function flush(): void {
    const group = waiting.slice(0, maxGroup)
    waiting = waiting.slice(maxGroup)
    if (waiting.length > 0 && !closed) open()
    for (const tell of commit(group)) tell()
  }

  function commit(group: readonly Write[]): (() => void)[] {
    try {
      return inTransaction((attempt) => {
        const answers = group.map((write) => {
          const result = attempt(() => write.run())
          return result.ok ? result.value : () => write.refuse(storageFault(result.error))
        })
        for (const chore of chores) attempt(chore)
        return answers
      })
    } catch (error) {
      const fault = storageFault(error)
      return group.map((write) => () => write.refuse(fault))
    }
  }
}

type Result<T> = { ok: true; value: T } | { ok: false; error: unknown }
type Attempt = <T>(work: () => T) => Result<T>

function createTransactions(db: DatabaseSync): <T>(work: (attempt: Attempt) => T) => T {
  const begin = db.prepare("BEGIN IMMEDIATE")
  const commit = db.prepare("COMMIT")
  const rollback = db.prepare("ROLLBACK")
  const save = db.prepare("SAVEPOINT write_of_group")
  const release = db.prepare("RELEASE write_of_group")
  const undo = db.prepare("ROLLBACK TO write_of_group")

  function attempt<T>(work: () => T): Result<T> {
    save.run()
    try {
      const value = work()
      release.run()
      return { ok: true, value }
    } catch (error) {
      // SQLite may undo the whole transaction by itself (disk full, I/O error): then the group failed, not this write alone.
      if (!db.isTransaction) throw error
      undo.run()
      release.run()
      return { ok: false, error }
    }
  }

  return (work) => {
    // Left behind only where a rollback failed too; the next group must not fail for it.
    if (db.isTransaction) rollback.run()
    begin.run()
    try {
      const answer = work(attempt)
      commit.run()
      return answer
    } catch (error) {
      if (db.isTransaction) rollback.run()
      throw error
    }
  }
}

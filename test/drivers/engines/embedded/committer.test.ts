import { DatabaseSync } from "node:sqlite"
import { createCommitter } from "@postrider/engines/embedded/committer"
import { expect, it } from "vitest"

function open() {
  const db = new DatabaseSync(":memory:")
  db.exec("CREATE TABLE t (n INTEGER PRIMARY KEY)")
  const committer = createCommitter(db)
  const insert = db.prepare("INSERT INTO t VALUES (?)")
  const count = db.prepare("SELECT count(*) AS n FROM t")
  return { db, committer, insert: (n: number) => insert.run(n), count: () => count.get()?.n }
}

it("writes at once share a transaction", async () => {
  const { committer, insert, count } = open()
  let transactions = 0
  committer.addChore(() => transactions++)
  await Promise.all(Array.from({ length: 100 }, (_, n) => committer.run(() => insert(n))))
  expect(count()).toBe(100)
  expect(transactions).toBe(1)
})

it("writes that arrive while a group is open join it, and a steady stream does not hold it open", async () => {
  const { committer, insert, count } = open()
  let transactions = 0
  committer.addChore(() => transactions++)
  const until = performance.now() + 40
  const writes: Promise<unknown>[] = []
  while (performance.now() < until) {
    const n = writes.length
    writes.push(committer.run(() => insert(n)))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(writes)
  expect(count()).toBe(writes.length)
  expect(transactions).toBeGreaterThan(3)
  expect(transactions).toBeLessThan(writes.length / 2)
})

it("a write that throws fails alone: its own changes are undone, those of its group stay", async () => {
  const { committer, insert, count } = open()
  const broken = new Error("broken")
  const writes = await Promise.allSettled([
    committer.run(() => insert(1)),
    committer.run(() => {
      insert(2)
      throw broken
    }),
    committer.run(() => insert(1)),
    committer.run(() => insert(3)),
  ])
  expect(writes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"])
  expect(writes[2]).toMatchObject({ reason: { code: "internal", cause: { code: "ERR_SQLITE_ERROR" } } })
  expect(count()).toBe(2)
})

it("nobody reads what is not committed, and a write resolves after the commit", async () => {
  const { db, committer, insert, count } = open()
  const write = committer.run(() => insert(1))
  expect(count()).toBe(0)
  await write
  expect(db.isTransaction).toBe(false)
  expect(count()).toBe(1)
})

it("when SQLite undoes the whole transaction, every write of the group is refused and the next group works", async () => {
  const { db, committer, insert, count } = open()
  const writes = await Promise.allSettled([
    committer.run(() => insert(1)),
    committer.run(() => {
      db.exec("ROLLBACK")
      throw new Error("undone")
    }),
    committer.run(() => insert(2)),
  ])
  expect(writes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"])
  expect(count()).toBe(0)
  await committer.run(() => insert(3))
  expect(count()).toBe(1)
})

it("a transaction left open by a fault is ended before the next group", async () => {
  const { db, committer, insert, count } = open()
  db.exec("BEGIN; INSERT INTO t VALUES (9)")
  await committer.run(() => insert(1))
  expect(count()).toBe(1)
})

it("more than ten thousand waiting writes are refused as overloaded", async () => {
  const { committer } = open()
  const writes = Array.from({ length: 10_001 }, () => committer.run(() => 1))
  const results = await Promise.allSettled(writes)
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(10_000)
  expect(results.at(-1)).toMatchObject({ reason: { code: "overloaded" } })
})

it("closing commits what waits, and later writes are refused as not_ready", async () => {
  const { committer, insert, count } = open()
  const write = committer.run(() => insert(1))
  committer.close()
  await write
  expect(count()).toBe(1)
  await expect(committer.run(() => insert(2))).rejects.toMatchObject({ code: "not_ready" })
})

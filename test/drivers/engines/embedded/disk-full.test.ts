import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { text } from "node:stream/consumers"
import type { Engine } from "@postrider/engines/engine"
import { expect, it } from "vitest"
import { embeddedDir } from "../../../support/embedded-dir.ts"

const child = new URL("../../../support/full-disk-child.ts", import.meta.url).pathname
const body = "x".repeat(50_000)

it("when the database is full, writes are refused as overloaded, reads go on, and room made is used again", async () => {
  const { open } = await embeddedDir()
  const { records, content, jobs } = await open({ maxDatabaseBytes: 1024 * 1024 })
  const kept: string[] = []
  const refused: unknown[] = []
  for (let n = 0; n < 40; n++) {
    await records.put({ id: `out#${n}`, body }).then(
      () => kept.push(`out#${n}`),
      (error: unknown) => refused.push(error),
    )
  }
  expect(kept.length).toBeGreaterThan(10)
  expect(refused.length).toBeGreaterThan(10)
  for (const error of refused) expect(error).toMatchObject({ code: "overloaded", options: { retryAfterMs: 1000 } })
  await expect(content.put("a/small", Buffer.alloc(60_000))).rejects.toMatchObject({ code: "overloaded" })
  expect(await content.get("a/small")).toBeUndefined()
  expect((await records.getMany(kept)).map(({ id }) => id).sort()).toEqual(kept.toSorted())
  await Promise.all(kept.slice(0, 10).map((id) => records.delete(id)))
  await records.put({ id: "out#again", body })
  await jobs.send([{ job: { type: "deliver_message.v1", message: "out_1" } }])
  expect((await jobs.depth("outbound")).waiting).toBe(1)
})

it("content whose row does not fit any more leaves no file", async () => {
  const { dir, open } = await embeddedDir()
  const engine = await open({ maxDatabaseBytes: 1024 * 1024 })
  for (const bytes of [50_000, 500, 1]) await fill(engine.records, bytes)
  const keys = Array.from({ length: 40 }, (_, n) => `a/${"k".repeat(500)}${n}`)
  const puts = await Promise.allSettled(keys.map((key) => engine.content.put(key, Buffer.alloc(100_000))))
  const stored = puts.filter(({ status }) => status === "fulfilled").length
  expect(stored).toBeLessThan(keys.length)
  for (const put of puts) if (put.status === "rejected") expect(put.reason).toMatchObject({ code: "overloaded" })
  await engine.close()
  await open()
  expect(await filesIn(dir)).toBe(stored)
})

it("when the disk refuses writes, calls are refused as overloaded, nothing is torn, and the store opens again whole", async () => {
  const { dir, open } = await embeddedDir()
  // A limit on the size of files makes every kind of write fail part-way, as a full disk does.
  const limited = spawn("sh", ["-c", 'ulimit -f 3000; exec "$0" "$@"', process.execPath, child, dir], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const [said, [status]] = await Promise.all([text(limited.stdout), once(limited, "exit")])
  expect(status).toBe(0)
  const outcome: { records: string[]; content: string[]; codes: string[] } = JSON.parse(said)
  expect(outcome.codes).toEqual(["overloaded"])
  expect(outcome.records.length).toBeGreaterThan(10)
  const { records, content } = await open()
  expect((await records.getMany(outcome.records)).length).toBe(outcome.records.length)
  for (const key of outcome.content) expect((await content.get(key))?.size).toBe(200_000)
  expect(await content.get("large/refused")).toBeUndefined()
  await records.put({ id: "out#after", body: 1 })
  expect(await filesIn(dir)).toBe(outcome.content.length)
  const db = new DatabaseSync(join(dir, "postrider.db"), { readOnly: true })
  expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" })
  db.close()
})

async function fill(records: Engine["records"], bytes: number): Promise<void> {
  for (let n = 0; n < 100_000; n++) {
    const put = records.put({ id: `fill#${bytes}#${n}`, body: "x".repeat(bytes) })
    if ((await put.catch(() => undefined)) === undefined) return
  }
}

async function filesIn(dir: string): Promise<number> {
  const entries = await readdir(join(dir, "content"), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

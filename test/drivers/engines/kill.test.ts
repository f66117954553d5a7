import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { openEmbeddedEngine } from "@postrider/engines/embedded/engine"
import type { Engine } from "@postrider/engines/engine"
import { createRandom } from "@postrider/engines/memory/disorder"
import { expect, it, onTestFinished } from "vitest"
import { killContent } from "../../support/kill-content.ts"
import { createManualClock } from "../../support/manual-clock.ts"

const rounds = 8
const child = new URL("../../support/kill-child.ts", import.meta.url).pathname

it("what was acknowledged before kill -9 is there afterwards, whole, and nothing is half there", async () => {
  const dir = await mkdtemp(join(tmpdir(), "kill-"))
  onTestFinished(() => rm(dir, { recursive: true }))
  const random = createRandom(20260101)
  const said: Said = new Map()
  for (let round = 0; round < rounds; round++) {
    const before = count(said)
    await runUntilKilled({ dir, round, afterMs: 100 + random() * 400 }, said)
    expect(count(said)).toBeGreaterThan(before)
    const engine = await openEmbeddedEngine({ dir, clock: createManualClock(Date.now() + 3_600_000) })
    await checkRecords(engine, said)
    await checkContent(engine, said)
    if (round === rounds - 1) await checkJobs(engine, said)
    await engine.close()
    await checkFiles(dir)
  }
}, 60_000)

/** What the children said: for each word, what it was said of, with the last number or worker beside it. */
type Said = Map<string, Map<string, string>>

async function runUntilKilled(options: { dir: string; round: number; afterMs: number }, said: Said): Promise<void> {
  const { dir, round, afterMs } = options
  const running = spawn(process.execPath, [child, dir, String(round)], { stdio: ["ignore", "pipe", "inherit"] })
  const exited = once(running, "exit")
  const lines = createInterface({ input: running.stdout })
  const begun = Promise.withResolvers<void>()
  lines.on("line", (line) => {
    begun.resolve()
    const [word = "", name = "", value = ""] = line.split(" ")
    said.set(word, (said.get(word) ?? new Map<string, string>()).set(name, value))
  })
  const ended = once(lines, "close")
  await Promise.race([begun.promise, exited])
  await sleep(afterMs)
  running.kill("SIGKILL")
  const [, signal] = await exited
  await ended
  expect(signal).toBe("SIGKILL")
}

function of(said: Said, word: string): [name: string, value: string][] {
  return [...(said.get(word) ?? [])]
}

function count(said: Said): number {
  return [...said.values()].reduce((sum, names) => sum + names.size, 0)
}

async function checkRecords({ records }: Engine, said: Said): Promise<void> {
  const created = of(said, "created")
  const found = new Map((await records.getMany(created.map(([id]) => id))).map((record) => [record.id, record.body]))
  for (const [id, worker] of created) expect(found.get(id), id).toEqual({ worker: Number(worker) })
  const indexed = await records.query("owner", "race", { order: "asc", limit: 100_000 })
  const ids = new Set(indexed.records.map(({ id }) => id))
  for (const [id] of created) expect(ids.has(id), id).toBe(true)
  for (const [id, changing] of of(said, "changing")) {
    const changed = Number(said.get("changed")?.get(id) ?? 0)
    const stored = await records.get(id)
    expect([changed, Number(changing)], id).toContain(stored?.v ?? 0)
    if (stored) expect(stored.body).toEqual({ next: stored.v })
  }
  for (const [id, value] of of(said, "counted")) {
    const stored = await records.get<{ n: number }>(id)
    expect([Number(value), Number(value) + 1], id).toContain(stored?.body.n)
  }
  const deleted = of(said, "deleted").map(([id]) => id)
  expect(await records.getMany(deleted)).toEqual([])
}

async function checkContent({ content }: Engine, said: Said): Promise<void> {
  for (const [key] of of(said, "putting")) {
    const stored = await content.get(key)
    if (stored === undefined) {
      const mayBeMissing = said.get("removing")?.has(key) === true || said.get("put")?.has(key) !== true
      expect(mayBeMissing, key).toBe(true)
      continue
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of stored.body) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(killContent(key)), key).toBe(true)
  }
}

async function checkJobs({ source }: Engine, said: Said): Promise<void> {
  const left = new Set<string>()
  for (;;) {
    const jobs = await source.receive("outbound", { max: 500, waitMs: 0, visibilityMs: 60_000, maxReceives: 100 })
    if (jobs.length === 0) break
    for (const { body } of jobs) left.add((body as { message: string }).message)
  }
  for (const [message] of of(said, "sent")) {
    const worked = said.get("finishing")?.has(message) === true
    expect(left.has(message) || worked, message).toBe(true)
  }
  for (const [message] of of(said, "finished")) expect(left.has(message), message).toBe(false)
}

/** The database is sound, and there is a file for every row that names one, and no other. */
async function checkFiles(dir: string): Promise<void> {
  const db = new DatabaseSync(join(dir, "postrider.db"), { readOnly: true })
  expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" })
  const named = db
    .prepare("SELECT file FROM content WHERE file IS NOT NULL")
    .all()
    .map(({ file }) => `${file}.bin`)
  db.close()
  const entries = await readdir(join(dir, "content"), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  expect(files.sort()).toEqual(named.sort())
}

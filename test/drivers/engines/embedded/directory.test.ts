import { spawn } from "node:child_process"
import { once } from "node:events"
import { stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { openEmbeddedEngine } from "@postrider/engines/embedded/engine"
import { expect, it } from "vitest"
import { embeddedDir } from "../../../support/embedded-dir.ts"

const child = new URL("../../../support/kill-child.ts", import.meta.url).pathname

it("a directory is refused while another process has it, and free at once when that is killed", async () => {
  const { dir, clock, open } = await embeddedDir()
  const other = spawn(process.execPath, [child, dir, "0"], { stdio: ["ignore", "pipe", "inherit"] })
  const exited = once(other, "exit")
  await once(other.stdout, "data")
  other.stdout.resume()
  await expect(openEmbeddedEngine({ dir, clock })).rejects.toMatchObject({
    code: "not_ready",
    message: expect.stringContaining(`${dir} is in use`),
  })
  other.kill("SIGKILL")
  await exited
  const engine = await open()
  expect(await engine.records.add("stat#a", "n", 1)).toEqual({ won: true, value: 1 })
})

it("a directory is refused while another engine of this process has it, and free once that is closed", async () => {
  const { open } = await embeddedDir()
  const first = await open()
  await expect(open()).rejects.toMatchObject({ code: "not_ready" })
  await first.close()
  await open()
})

it("a store that a newer version wrote is refused, untouched, with what to do", async () => {
  const { dir, open } = await embeddedDir()
  await (await open()).close()
  const db = new DatabaseSync(join(dir, "postrider.db"))
  db.exec("PRAGMA user_version = 99; DROP TABLE record")
  db.close()
  await expect(open()).rejects.toMatchObject({
    code: "not_ready",
    message: expect.stringMatching(/newer version of Postrider \(schema 99; this version knows 2\)/),
    options: { fix: expect.any(String) },
  })
})

it("a store of the first version is brought up to date with all it holds, its content counted as old", async () => {
  const { dir, clock, open } = await embeddedDir()
  const first = await open()
  await first.content.put("inbound/a/2026-01-01/in_1/raw.eml", Buffer.from("mail"))
  await first.close()
  const db = new DatabaseSync(join(dir, "postrider.db"))
  db.exec("DROP INDEX content_at; ALTER TABLE content DROP COLUMN at; PRAGMA user_version = 1")
  db.close()
  const { content, upkeep } = await open()
  expect((await content.get("inbound/a/2026-01-01/in_1/raw.eml"))?.size).toBe(4)
  const old = await upkeep?.oldContent(clock.now() - 1, { limit: 10 })
  expect(old).toEqual({ keys: ["inbound/a/2026-01-01/in_1/raw.eml"] })
})

it("a file that is no database is refused, and the directory is free again", async () => {
  const { dir, open } = await embeddedDir()
  await (await open()).close()
  await writeFile(join(dir, "postrider.db"), "this is no database at all, and longer than a header ".repeat(100))
  await expect(open()).rejects.toMatchObject({ code: "internal" })
  await truncate(join(dir, "postrider.db"))
  await open()
})

it("the directory is readable by its owner alone", async () => {
  const { dir, clock } = await embeddedDir()
  const below = join(dir, "made", "by", "us")
  await (await openEmbeddedEngine({ dir: below, clock })).close()
  expect((await stat(below)).mode & 0o077).toBe(0)
})

it("after close every call is refused, and closing again is no error", async () => {
  const { open } = await embeddedDir()
  const { content, records, jobs, source, close } = await open()
  await close()
  await close()
  await expect(records.put({ id: "a", body: 1 })).rejects.toMatchObject({ code: "not_ready" })
  await expect(records.get("a")).rejects.toMatchObject({ code: "not_ready" })
  await expect(content.get("a")).rejects.toMatchObject({ code: "not_ready" })
  await expect(jobs.depth("poll")).rejects.toMatchObject({ code: "not_ready" })
  await expect(source.deadLetters("poll", { limit: 1 })).rejects.toMatchObject({ code: "not_ready" })
})

import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Engine } from "@postrider/engines/engine"
import { expect, it } from "vitest"
import { embeddedDir } from "../../../support/embedded-dir.ts"

it("expired records and their index entries leave the file with the writes of others, 200 at a time", async () => {
  const { dir, clock, open } = await embeddedDir()
  const { records } = await open()
  const expiresAt = clock.now() + 60_000
  const index = { owner: { part: "p", sort: "s" } }
  await Promise.all(Array.from({ length: 450 }, (_, n) => records.put({ id: `idem#${n}`, body: n, index, expiresAt })))
  await clock.advance(60_000)
  const left: unknown[] = []
  for (let n = 0; n < 3; n++) {
    await records.put({ id: "out#stays", body: n })
    left.push(countRows(dir))
  }
  expect(left).toEqual([
    { record: 251, entry: 250 },
    { record: 51, entry: 50 },
    { record: 1, entry: 0 },
  ])
})

it("a job of a type that only a newer version knows is delivered as it is", async () => {
  const { dir, clock, open } = await embeddedDir()
  await (await open()).close()
  const body = { type: "deliver_message.v2", letter: { id: "out_1" } }
  const db = new DatabaseSync(join(dir, "postrider.db"))
  db.prepare("INSERT INTO job (queue, grp, body, due) VALUES ('outbound', '', ?, ?)").run(
    JSON.stringify(body),
    clock.now(),
  )
  db.close()
  expect((await receive(await open(), 10)).map((job) => job.body)).toEqual([body])
})

it("groups go on taking turns after the store was opened again", async () => {
  const { open } = await embeddedDir()
  const engine = await open()
  await engine.jobs.send(Array.from({ length: 100 }, (_, n) => toGroup("busy", n)))
  await receive(engine, 20)
  await engine.close()
  const again = await open()
  await again.jobs.send([toGroup("quiet", 0), toGroup("quiet", 1)])
  const names = (await receive(again, 4)).map(({ body }) => (body as { message: string }).message)
  expect(names.sort()).toEqual(["busy 20", "busy 21", "quiet 0", "quiet 1"])
})

it("an empty receive writes nothing", async () => {
  const { dir, open } = await embeddedDir()
  const engine = await open()
  const before = dataVersion(dir)
  for (let n = 0; n < 10; n++) expect(await receive(engine, 10)).toEqual([])
  expect(before.changed()).toBe(false)
  await engine.records.put({ id: "a", body: 1 })
  expect(before.changed()).toBe(true)
})

function toGroup(group: string, n: number) {
  return { job: { type: "deliver_message.v1" as const, message: `${group} ${n}` }, group }
}

function receive({ source }: Engine, max: number) {
  return source.receive("outbound", { max, waitMs: 0, visibilityMs: 30_000, maxReceives: 3 })
}

function countRows(dir: string) {
  const db = new DatabaseSync(join(dir, "postrider.db"), { readOnly: true })
  const row = db.prepare("SELECT (SELECT count(*) FROM record) AS record, (SELECT count(*) FROM entry) AS entry").get()
  db.close()
  return { ...row }
}

/** `PRAGMA data_version` changes when another connection commits. */
function dataVersion(dir: string) {
  const db = new DatabaseSync(join(dir, "postrider.db"), { readOnly: true })
  const read = db.prepare("PRAGMA data_version")
  const before = read.get()?.data_version
  return { changed: () => read.get()?.data_version !== before }
}

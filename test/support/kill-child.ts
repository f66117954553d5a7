import { setTimeout as sleep } from "node:timers/promises"
import { openEmbeddedEngine } from "@postrider/engines/embedded/engine"
import type { Engine } from "@postrider/engines/engine"
import { killContent } from "./kill-content.ts"

/**
 * Works an embedded engine until it is killed: `kill-child.ts <dir> <round>`. Prints a line before or after each step, as the
 * letter says: what was begun may or may not be there afterwards, what was acknowledged must be.
 */
const [dir = "", round = ""] = process.argv.slice(2)
const clock = { now: Date.now, sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal && { signal }) }
const engine = await openEmbeddedEngine({ dir, clock })

function say(...words: (string | number)[]): void {
  process.stdout.write(`${words.join(" ")}\n`)
}

async function createRecords({ records }: Engine, worker: number): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `race#${round}#${n}`
    const put = await records.put(
      { id, body: { worker }, index: { owner: { part: "race", sort: id } } },
      { absent: true },
    )
    if (put.won) say("created", id, worker)
  }
}

async function changeRecord({ records }: Engine, worker: number): Promise<void> {
  const id = `chain#${worker}`
  let v = (await records.get(id))?.v
  for (;;) {
    const next = (v ?? 0) + 1
    say("changing", id, next)
    const put = await records.put({ id, body: { next } }, v === undefined ? { absent: true } : { version: v })
    if (!put.won || put.v !== next) throw new Error(`version ${next} of ${id} was lost`)
    v = next
    say("changed", id, next)
    say("counted", `count#${worker}`, (await records.add(`count#${worker}`, "n", 1)).value)
  }
}

async function deleteRecords({ records }: Engine, worker: number): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `gone#${round}#${worker}#${n}`
    await records.put({ id, body: null, index: { owner: { part: "gone", sort: id } } })
    await records.delete(id)
    say("deleted", id)
  }
}

async function putContent({ content }: Engine, worker: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = n % 5 === 4 ? `again/${worker}` : `new/${round}/${worker}/${n}`
    const bytes = killContent(key)
    say("putting", key)
    await content.put(key, n % 2 === 0 ? bytes : inChunks(bytes))
    say("put", key)
    if (n % 7 !== 6) continue
    say("removing", key)
    await content.delete([key])
  }
}

async function* inChunks(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 20_000) yield bytes.subarray(at, at + 20_000)
}

async function sendJobs({ jobs }: Engine, worker: number): Promise<void> {
  for (let n = 0; ; n++) {
    const message = `${round}.${worker}.${n}`
    await jobs.send([{ job: { type: "deliver_message.v1", message }, group: `g${n % 3}` }])
    say("sent", message)
    await sleep(1)
  }
}

async function workJobs({ source }: Engine): Promise<void> {
  for (;;) {
    const options = { max: 2, waitMs: 1000, visibilityMs: 60_000, maxReceives: 100 }
    for (const job of await source.receive("outbound", options)) {
      const { message } = job.body as { message: string }
      say("finishing", message)
      await job.settle({ kind: "done" })
      say("finished", message)
    }
  }
}

await Promise.all([
  ...[0, 1, 2].map((worker) => createRecords(engine, worker)),
  ...[0, 1, 2].map((worker) => changeRecord(engine, worker)),
  ...[0, 1].map((worker) => deleteRecords(engine, worker)),
  ...[0, 1, 2].map((worker) => putContent(engine, worker)),
  ...[0, 1, 2].map((worker) => sendJobs(engine, worker)),
  workJobs(engine),
])

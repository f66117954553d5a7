import { RelayError } from "@postrider/core/error/relay-error"
import { openEmbeddedEngine } from "@postrider/engines/embedded/engine"

/** Writes under a limit of file size until writes fail, and some after; prints what was acknowledged: `full-disk-child.ts <dir>`. */
const clock = { now: Date.now, sleep: () => new Promise<void>(() => {}) }
const engine = await openEmbeddedEngine({ dir: process.argv[2] ?? "", clock })
const kept: { records: string[]; content: string[] } = { records: [], content: [] }
const codes = new Set<string>()

async function attempt(write: Promise<unknown>, acknowledged: () => void): Promise<void> {
  await write.then(acknowledged, (error: unknown) => {
    codes.add(error instanceof RelayError ? error.code : String(error))
  })
}

for (let n = 0; n < 5; n++) {
  const key = `large/${n}`
  await attempt(engine.content.put(key, Buffer.alloc(200_000)), () => kept.content.push(key))
}
await attempt(engine.content.put("large/refused", Buffer.alloc(8_000_000)), () => kept.content.push("large/refused"))
for (let n = 0; n < 30; n++) {
  const ids = [0, 1, 2, 3].map((at) => `out#${n}#${at}`)
  const puts = ids.map((id) =>
    attempt(engine.records.put({ id, body: "x".repeat(40_000) }), () => kept.records.push(id)),
  )
  await Promise.all(puts)
}
await attempt(engine.content.put("large/after", Buffer.alloc(200_000)), () => kept.content.push("large/after"))
process.stdout.write(JSON.stringify({ ...kept, codes: [...codes] }))
process.exit(0)

import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, it } from "vitest"
import { embeddedDir } from "../../../support/embedded-dir.ts"

const large = 64 * 1024 + 1

it("content up to 64 KB makes no file, larger content makes one", async () => {
  const { dir, open } = await embeddedDir()
  const { content } = await open()
  await content.put("a/small", Buffer.alloc(large - 1))
  expect(await files(dir)).toEqual([])
  await content.put("a/large", Buffer.alloc(large))
  expect(await files(dir)).toHaveLength(1)
})

it("no file stays of content that was deleted, put again or cut short", async () => {
  const { dir, open } = await embeddedDir()
  const { content } = await open()
  await content.put("a/deleted", Buffer.alloc(large))
  await content.put("a/again", Buffer.alloc(large))
  await content.put("a/again", Buffer.alloc(large))
  await content.delete(["a/deleted"])
  async function* cutShort() {
    yield Buffer.alloc(large)
    throw new Error("cut short")
  }
  await expect(content.put("a/cut", cutShort())).rejects.toThrow("cut short")
  expect(await files(dir)).toHaveLength(1)
})

it("a reader that has begun reads on to the end when the content is put again or deleted", async () => {
  const { open } = await embeddedDir()
  const { content } = await open()
  await content.put("a/large", Buffer.alloc(400_000, 1))
  const stored = await content.get("a/large")
  const reading = stored?.body[Symbol.asyncIterator]()
  let size = (await reading?.next())?.value?.length ?? 0
  await content.put("a/large", Buffer.alloc(400_000, 2))
  await content.delete(["a/large"])
  for (let next = await reading?.next(); next && !next.done; next = await reading?.next()) {
    expect(next.value.every((byte: number) => byte === 1)).toBe(true)
    size += next.value.length
  }
  expect(size).toBe(400_000)
})

it("a reader that begins after the content was put again reads it, after a delete it is told so", async () => {
  const { open } = await embeddedDir()
  const { content } = await open()
  await content.put("a/large", Buffer.alloc(large, 1))
  const again = await content.get("a/large", { start: large - 2, length: 2 })
  await content.put("a/large", Buffer.alloc(large, 1))
  const chunks: Uint8Array[] = []
  for await (const chunk of again?.body ?? []) chunks.push(chunk)
  expect(Buffer.concat(chunks)).toEqual(Buffer.from([1, 1]))
  const deleted = await content.get("a/large")
  await content.delete(["a/large"])
  await expect(deleted?.body[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "not_found" })
})

it("files that a crash left without a row are removed when the store opens, the others stay, also after many openings", async () => {
  const { dir, open } = await embeddedDir()
  for (let opening = 0; opening < 3; opening++) {
    const engine = await open()
    await engine.content.put(`a/${opening}`, Buffer.alloc(large, opening))
    const kept = await files(dir)
    await engine.close()
    const folder = join(dir, "content", "0000", String(opening).padStart(3, "0"))
    await writeFile(join(folder, `${opening * 1000 + 500}.bin`), "half a ma")
    const again = await open()
    expect(await files(dir)).toEqual(kept)
    for (let n = 0; n <= opening; n++) expect((await again.content.get(`a/${n}`))?.size).toBe(large)
    await again.close()
  }
})

it("a file that could not be removed in time is removed when the store opens", async () => {
  const { dir, open } = await embeddedDir()
  const engine = await open()
  await engine.content.put("a/large", Buffer.alloc(large))
  await engine.close()
  const db = new DatabaseSync(join(dir, "postrider.db"))
  db.exec("INSERT INTO garbage SELECT file FROM content; DELETE FROM content")
  db.close()
  await open()
  expect(await files(dir)).toEqual([])
})

it("a thousand files lie in one folder at most", async () => {
  const { dir, open } = await embeddedDir()
  const { content } = await open()
  const body = Buffer.alloc(large)
  for (let n = 0; n < 1050; n += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, at) => content.put(`a/${n + at}`, body)))
  }
  expect((await readdir(join(dir, "content", "0000", "000"))).length).toBe(1000)
  expect((await readdir(join(dir, "content", "0000", "001"))).length).toBe(50)
})

async function files(dir: string): Promise<string[]> {
  const entries = await readdir(join(dir, "content"), { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

import { createHash } from "node:crypto"
import { RelayError } from "@postrider/core/error/relay-error"
import type { ContentRange, ContentStore } from "@postrider/core/ports/content-store"
import { expect } from "vitest"
import { measureBuffers } from "../support/measure-buffers.ts"
import type { ContractCase } from "./engine-contract.ts"

/** Both sides of every border where an engine may change how it stores. */
const sizes = [0, 1, 1000, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 300_000]

/** What every ContentStore guarantees. */
export const contentStoreContract: readonly ContractCase[] = [
  {
    name: "bytes come back exactly, of any size, put whole",
    async run({ engine: { content } }) {
      for (const size of sizes) {
        const bytes = makeBytes(size)
        expect(await content.put(`a/${size}`, bytes)).toEqual({ size })
        expect(await read(content, `a/${size}`)).toEqual({ size, bytes })
      }
    },
  },
  {
    name: "bytes come back exactly, of any size, put as a stream of odd chunks",
    async run({ engine: { content } }) {
      for (const size of sizes) {
        const bytes = makeBytes(size)
        expect(await content.put(`a/${size}`, inChunks(bytes, 997))).toEqual({ size })
        expect(await read(content, `a/${size}`)).toEqual({ size, bytes })
      }
    },
  },
  {
    name: "what is missing reads as undefined",
    async run({ engine: { content } }) {
      expect(await content.get("a/missing")).toBeUndefined()
      expect(await content.get("a/missing", { start: 0, length: 1 })).toBeUndefined()
    },
  },
  {
    name: "a range gives exactly its octets, cut where the content ends, and the size of the whole",
    async run({ engine: { content } }) {
      for (const size of [1000, 200_000]) {
        const bytes = makeBytes(size)
        await content.put(`a/${size}`, bytes)
        const ranges: ContentRange[] = [
          { start: 0, length: 1 },
          { start: 0, length: size },
          { start: 1, length: size - 2 },
          { start: size - 1, length: 1 },
          { start: size - 1, length: 50 },
          { start: 17, length: 0 },
          { start: size, length: 1 },
          { start: size + 5, length: 10 },
        ]
        for (const range of ranges) {
          const expected = bytes.subarray(range.start, range.start + range.length)
          expect(await read(content, `a/${size}`, range), JSON.stringify(range)).toEqual({ size, bytes: expected })
        }
      }
    },
  },
  {
    name: "a range of empty content is empty",
    async run({ engine: { content } }) {
      await content.put("a/empty", new Uint8Array())
      expect(await read(content, "a/empty", { start: 0, length: 5 })).toEqual({ size: 0, bytes: Buffer.alloc(0) })
    },
  },
  {
    name: "a put resolves only after the whole body was read",
    async run({ engine: { content } }) {
      let ended = false
      async function* body() {
        yield makeBytes(100_000)
        await turn()
        yield makeBytes(10)
        await turn()
        ended = true
      }
      expect(await content.put("a/slow", body())).toEqual({ size: 100_010 })
      expect(ended).toBe(true)
    },
  },
  {
    name: "when the body throws, nothing is stored and the error is passed on, however far it came",
    async run({ engine: { content } }) {
      for (const size of [0, 100, 300_000]) {
        const broken = new Error(`after ${size}`)
        const put = content.put(`a/${size}`, thenThrow(makeBytes(size), broken))
        await expect(put).rejects.toBe(broken)
        expect(await content.get(`a/${size}`)).toBeUndefined()
      }
    },
  },
  {
    name: "a failed put over a key leaves what was there",
    async run({ engine: { content } }) {
      for (const size of [100, 300_000]) {
        await content.put("a/kept", makeBytes(size))
        const put = content.put("a/kept", thenThrow(makeBytes(size), new Error("broken")))
        await expect(put).rejects.toThrow("broken")
        expect(await read(content, "a/kept")).toEqual({ size, bytes: makeBytes(size) })
      }
    },
  },
  {
    name: "a body that is put stays as it was when the caller reuses its buffer",
    async run({ engine: { content } }) {
      const buffer = makeBytes(1000)
      await content.put("a/reused", buffer)
      buffer.fill(0)
      expect((await read(content, "a/reused"))?.bytes).toEqual(makeBytes(1000))
    },
  },
  {
    name: "readers of a key that is put again see one whole put, never a mixture",
    async run({ engine: { content } }) {
      for (const size of [5000, 200_000]) {
        await content.put("a/again", Buffer.alloc(size, 0))
        const writing = Promise.allSettled(
          Array.from({ length: 5 }, (_, n) => content.put("a/again", inChunks(Buffer.alloc(size, n + 1), 30_000))),
        )
        try {
          for (let reads = 0; reads < 10; reads++) expectUniform(await read(content, "a/again"), size)
        } finally {
          for (const put of await writing) expect(put).toEqual({ status: "fulfilled", value: { size } })
        }
        expectUniform(await read(content, "a/again"), size)
      }
    },
  },
  {
    name: "many puts at once do not mix",
    async run({ engine: { content } }) {
      const keys = Array.from({ length: 24 }, (_, n) => ({ key: `a/${n}`, size: n % 2 === 0 ? 3000 + n : 150_000 + n }))
      await Promise.all(keys.map(({ key, size }) => content.put(key, inChunks(makeBytes(size), 50_000))))
      for (const { key, size } of keys) expect(await read(content, key)).toEqual({ size, bytes: makeBytes(size) })
    },
  },
  {
    name: "delete removes every named key, of any size, and missing ones are no error",
    async run({ engine: { content } }) {
      await content.put("a/small", makeBytes(10))
      await content.put("a/large", makeBytes(200_000))
      await content.put("a/other", makeBytes(10))
      await content.delete(["a/small", "a/missing", "a/large", "a/small"])
      await content.delete([])
      expect(await content.get("a/small")).toBeUndefined()
      expect(await content.get("a/large")).toBeUndefined()
      expect(await content.get("a/other")).toBeDefined()
      await content.put("a/large", makeBytes(100_000))
      expect((await read(content, "a/large"))?.size).toBe(100_000)
    },
  },
  {
    name: "more than a thousand keys are deleted in one call",
    async run({ engine: { content } }) {
      const keys = Array.from({ length: 1100 }, (_, n) => `a/${n}`)
      for (const key of ["a/0", "a/999", "a/1000", "a/1099"]) await content.put(key, makeBytes(3))
      await content.delete(keys)
      for (const key of ["a/0", "a/999", "a/1000", "a/1099"]) expect(await content.get(key)).toBeUndefined()
    },
  },
  {
    name: "keys with every allowed character and of 512 characters work, a key may begin another, and case counts",
    async run({ engine: { content } }) {
      const keys = ["a", "a/b", "a/b/c.eml", "A", "x/AZaz09._@%+=-", "x/..a", "x/%2e%2e", `k/${"k".repeat(510)}`]
      for (const [n, key] of keys.entries()) await content.put(key, makeBytes(n + 1))
      for (const [n, key] of keys.entries()) expect((await read(content, key))?.size).toBe(n + 1)
    },
  },
  {
    name: "a key that could leave the store, or that is malformed, is refused by every call",
    async run({ engine: { content } }) {
      const bad = ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a b", "a\u0000", "é", "a:b"]
      for (const key of [...bad, "k".repeat(513)]) {
        const calls = await Promise.allSettled([
          content.put(key, makeBytes(1)),
          content.get(key),
          content.delete([key]),
        ])
        for (const call of calls) {
          expect(call.status, key).toBe("rejected")
          if (call.status === "rejected") expect(call.reason).toBeInstanceOf(RelayError)
        }
      }
    },
  },
  {
    name: "reading may stop early, and the content can be read again and deleted",
    async run({ engine: { content } }) {
      await content.put("a/large", makeBytes(300_000))
      for (let reads = 0; reads < 50; reads++) {
        for await (const chunk of (await content.get("a/large"))?.body ?? []) {
          expect(chunk.length).toBeGreaterThan(0)
          break
        }
      }
      expect((await read(content, "a/large"))?.bytes).toEqual(makeBytes(300_000))
      await content.delete(["a/large"])
      expect(await content.get("a/large")).toBeUndefined()
    },
  },
  {
    name: "40 MB pass through, in and out, with less than 12 MB in memory",
    needs: "bounded_memory",
    async run({ engine: { content } }) {
      const chunks = 640
      const measure = measureBuffers()
      const sent = createHash("sha256")
      async function* body() {
        for (let n = 0; n < chunks; n++) {
          const chunk = Buffer.alloc(64 * 1024, n % 251)
          sent.update(chunk)
          measure.sample()
          yield chunk
        }
      }
      expect(await content.put("a/huge", body())).toEqual({ size: chunks * 64 * 1024 })
      const received = createHash("sha256")
      for await (const chunk of (await content.get("a/huge"))?.body ?? []) {
        received.update(chunk)
        measure.sample()
      }
      expect(received.digest("hex")).toBe(sent.digest("hex"))
      expect(measure.grownBytes()).toBeLessThan(12 * 1024 * 1024)
    },
  },
  {
    name: "content of any size is there after the engine was opened again, deleted content is not",
    needs: "reopen",
    async run(harness) {
      for (const size of sizes) await harness.engine.content.put(`a/${size}`, makeBytes(size))
      await harness.engine.content.put("a/gone", makeBytes(200_000))
      await harness.engine.content.delete(["a/gone"])
      await harness.reopen()
      const { content } = harness.engine
      for (const size of sizes) expect(await read(content, `a/${size}`)).toEqual({ size, bytes: makeBytes(size) })
      expect(await content.get("a/gone")).toBeUndefined()
      await content.put("a/new", makeBytes(200_000))
      expect((await read(content, "a/300000"))?.bytes).toEqual(makeBytes(300_000))
    },
  },
]

/** Bytes that differ from place to place, so that a shift shows. */
function makeBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + size) & 0xff
  return bytes
}

async function* inChunks(bytes: Buffer, length: number) {
  for (let at = 0; at < bytes.length; at += length) {
    await turn()
    yield Buffer.from(bytes.subarray(at, at + length))
  }
}

async function* thenThrow(bytes: Buffer, error: Error) {
  yield* inChunks(bytes, 50_000)
  throw error
}

async function read(content: ContentStore, key: string, range?: ContentRange) {
  const stored = await content.get(key, range)
  if (stored === undefined) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of stored.body) chunks.push(chunk)
  return { size: stored.size, bytes: Buffer.concat(chunks) }
}

function expectUniform(stored: { bytes: Buffer } | undefined, size: number): void {
  expect(stored?.bytes.length).toBe(size)
  expect(new Set(stored?.bytes).size).toBe(1)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import type { Clock } from "@postrider/core/ports/clock"
import type { ByteStream, Bytes, ContentStore } from "@postrider/core/ports/content-store"
import { checkContentKey } from "../check-content-key.ts"
import { checkContentRange } from "../check-content-range.ts"
import type { Upkeep } from "../engine.ts"

const blockBytes = 64 * 1024

/** Content in a map. Bytes are copied on the way in, so that nobody can change them afterwards. */
export function createContentStore(clock: Pick<Clock, "now">) {
  const contents = new Map<string, Bytes>()
  /** When each was last put; the one put last comes last. */
  const putAt = new Map<string, number>()

  const content: ContentStore = {
    async put(key, body) {
      checkContentKey(key)
      const bytes = await readAll(body)
      contents.set(key, bytes)
      putAt.delete(key)
      putAt.set(key, clock.now())
      return { size: bytes.length }
    },
    async get(key, range) {
      checkContentKey(key)
      const bytes = contents.get(key)
      if (bytes === undefined) return undefined
      const { start, end } = checkContentRange(range, bytes.length)
      return { size: bytes.length, body: inBlocks(bytes.subarray(start, Math.max(start, end))) }
    },
    async delete(keys) {
      for (const key of keys) checkContentKey(key)
      for (const key of keys) remove(key)
    },
  }
  const upkeep: Pick<Upkeep, "oldContent" | "dropContent"> = {
    async oldContent(before, { after, limit }) {
      const old = [...putAt].flatMap(([key, at]) => (at < before ? [key] : []))
      const from = after === undefined ? 0 : old.indexOf(after) + 1
      const keys = old.slice(from, from + limit)
      const last = keys.at(-1)
      return last === undefined || old.length <= from + limit ? { keys } : { keys, next: last }
    },
    async dropContent(keys, before) {
      for (const key of keys) if ((putAt.get(key) ?? before) < before) remove(key)
    },
  }
  return { content, upkeep }

  function remove(key: string): void {
    contents.delete(key)
    putAt.delete(key)
  }
}

async function readAll(body: Bytes | ByteStream): Promise<Bytes> {
  if (body instanceof Uint8Array) return Uint8Array.from(body)
  const chunks: Bytes[] = []
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

async function* inBlocks(bytes: Bytes): AsyncGenerator<Bytes, void> {
  for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.slice(at, at + blockBytes)
}

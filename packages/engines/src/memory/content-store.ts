import type { ByteStream, Bytes, ContentStore } from "@postrider/core/ports/content-store"
import { checkContentKey } from "../check-content-key.ts"
import { checkContentRange } from "../check-content-range.ts"

const blockBytes = 64 * 1024

/** Content in a map. Bytes are copied on the way in, so that nobody can change them afterwards. */
export function createContentStore(): ContentStore {
  const contents = new Map<string, Bytes>()

  return {
    async put(key, body) {
      checkContentKey(key)
      const bytes = await readAll(body)
      contents.set(key, bytes)
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
      for (const key of keys) contents.delete(key)
    },
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

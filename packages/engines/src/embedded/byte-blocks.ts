import type { ByteStream, Bytes } from "@postrider/core/ports/content-store"

/** Gathers a body into blocks of at least `bytes` octets, the last one shorter, holding no more than one block at a time. */
export async function* inBlocks(body: Bytes | ByteStream, bytes: number): AsyncGenerator<Bytes, void> {
  if (body instanceof Uint8Array) {
    yield body
    return
  }
  let gathered: Bytes[] = []
  let size = 0
  for await (const chunk of body) {
    gathered.push(chunk)
    size += chunk.length
    if (size < bytes) continue
    yield gathered.length === 1 ? chunk : Buffer.concat(gathered)
    gathered = []
    size = 0
  }
  yield Buffer.concat(gathered)
}

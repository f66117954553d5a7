import { RelayError } from "../error/relay-error.ts"
import type { ByteStream } from "../ports/content-store.ts"

/** Mails up to this size are held in memory while they are stored and parsed; larger ones pass through. */
export const maxHeldBytes: number = 1024 * 1024

/** A mail's octets: all of them, or their beginning and the rest as a stream. */
export type HeldBody = { kind: "whole"; octets: Uint8Array } | { kind: "open"; head: Uint8Array; stream: ByteStream }

/** More octets came than the server had listed and the limit allows (mail-rules B6). */
export class TooLarge extends Error {}

/** Whether reading ended because there was too much: our own count, or the reader's, which a store may wrap. */
export function isTooLarge(error: unknown): boolean {
  if (error instanceof TooLarge || (error instanceof RelayError && error.code === "message_too_large")) return true
  return error instanceof Error && error.cause !== undefined && isTooLarge(error.cause)
}

/** Of a mail that turned out too large while it was read: what came of it, header block first. */
export type CutBody = { kind: "headers"; block: Uint8Array }

/** Reads up to `maxHeldBytes`. The stream of an `open` body starts from the first octet and throws TooLarge beyond `maxBytes`. */
export async function holdBody(body: ByteStream, maxBytes: number): Promise<HeldBody | CutBody> {
  const iterator = body[Symbol.asyncIterator]()
  const chunks: Uint8Array[] = []
  let size = 0
  while (size <= maxHeldBytes) {
    const next = await nextOf(iterator)
    if (next === "too large") return { kind: "headers", block: join(chunks, size) }
    if (next.done === true) return { kind: "whole", octets: join(chunks, size) }
    chunks.push(next.value)
    size += next.value.length
  }
  const head = join(chunks, size)
  return { kind: "open", head, stream: rest(head, iterator, maxBytes) }
}

async function nextOf(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array> | "too large"> {
  try {
    return await iterator.next()
  } catch (error) {
    if (isTooLarge(error)) return "too large"
    throw error
  }
}

async function* rest(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let size = 0
  try {
    for (let chunk: Uint8Array | undefined = head; chunk !== undefined; ) {
      size += chunk.length
      if (size > maxBytes) throw new TooLarge()
      yield chunk
      const next: IteratorResult<Uint8Array> = await iterator.next()
      chunk = next.done === true ? undefined : next.value
    }
  } finally {
    await iterator.return?.()
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0]
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** Octets as a stream that is read once. */
export async function* streamOf(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}

import type { Bytes } from "@postrider/core/ports/content-store"
import { awsFault, overloaded } from "./aws-fault.ts"

/** Longest silence within a body that is being read. */
const silenceMs = 30_000

/** Reads the body of an answer. Stopping early, a cut line or a long silence frees the connection. */
export async function* readBody(body: unknown): AsyncGenerator<Bytes, void> {
  if (!isReadable(body)) throw overloaded("a body that cannot be read")
  const chunks = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await withoutSilence(chunks.next(), body)
      if (next.done === true) return
      yield next.value
    }
  } catch (error) {
    throw awsFault(error)
  } finally {
    body.destroy()
  }
}

interface ReadableBody extends AsyncIterable<Bytes> {
  destroy(error?: Error): unknown
}

async function withoutSilence<T>(next: Promise<T>, body: ReadableBody): Promise<T> {
  const timer = setTimeout(() => body.destroy(overloaded(`no octets for ${silenceMs} ms`)), silenceMs)
  try {
    return await next
  } finally {
    clearTimeout(timer)
  }
}

function isReadable(body: unknown): body is ReadableBody {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body && "destroy" in body
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { Bytes } from "@postrider/core/ports/content-store"
import { awsFault, overloaded } from "./aws-fault.ts"

/** Longest silence within a body that is being read, and longest time that one waits to be read. */
const patienceMs = 30_000
/** Answers that may break, one after the other, without a single octet. */
const maxBreaks = 3

export interface BodyToRead {
  /** The body of an answer to GetObject. */
  first: unknown
  /** Octets it has. */
  length: number
  /** The body from this octet on, by another request; undefined when the content is gone. */
  reopen(from: number): Promise<unknown>
}

/**
 * Reads a body. Its connection is given back when nobody begins to read, and another one is opened when somebody does in the end, or
 * when it breaks on the way: content never changes, so reading goes on where it stood. Stopping early frees everything.
 * @throws RelayError `overloaded` when it breaks too often, `not_found` when the content was deleted meanwhile.
 */
export function readBody({ first, length, reopen }: BodyToRead): AsyncGenerator<Bytes, void> {
  let waiting: Readable | undefined = readableOf(first)
  const unread = setTimeout(() => {
    waiting?.destroy()
    waiting = undefined
  }, patienceMs)
  unread.unref()
  return read()

  async function* read(): AsyncGenerator<Bytes, void> {
    clearTimeout(unread)
    let body = waiting
    waiting = undefined
    let done = 0
    let breaks = 0
    while (done < length) {
      body ??= readableOf(await reopen(done))
      try {
        for (const chunks = body[Symbol.asyncIterator](); ; ) {
          const next = await withoutSilence(chunks.next(), body)
          if (next.done === true) break
          done += next.value.length
          breaks = 0
          yield next.value
        }
        if (done < length) throw overloaded(`a body of ${done} octets, not ${length}`)
      } catch (error) {
        if (++breaks > maxBreaks) throw awsFault(error)
      } finally {
        body.destroy()
        body = undefined
      }
    }
  }
}

interface Readable extends AsyncIterable<Bytes> {
  destroy(error?: Error): unknown
  on(event: "error", listener: () => void): unknown
}

function readableOf(body: unknown): Readable {
  if (body === undefined) throw new RelayError("not_found", "The content was deleted meanwhile.")
  if (!isReadable(body)) throw overloaded("a body that cannot be read")
  // Who reads sees the error; without a reader it would end the process.
  body.on("error", ignore)
  return body
}

function ignore(): void {}

async function withoutSilence<T>(next: Promise<T>, body: Readable): Promise<T> {
  const timer = setTimeout(() => body.destroy(overloaded(`no octets for ${patienceMs} ms`)), patienceMs)
  try {
    return await next
  } finally {
    clearTimeout(timer)
  }
}

function isReadable(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body && "destroy" in body && "on" in body
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { ByteStream } from "@postrider/core/ports/content-store"
import type { AttachmentContent, ParsedAttachment } from "@postrider/core/ports/mime"
import { type ParseThread, ThreadError } from "./parse-thread.ts"
import type { Pool } from "./thread-pool.ts"
import type { FromWorker } from "./worker-messages.ts"

interface CutJob {
  raw: ByteStream
  index: number
  mail: number
  maxBytes: number
}

/**
 * Streams one attachment out of a raw mail. The thread stays lent until the body was read or left; a body that is never read
 * must be left by its caller (`return()` of the iterator). Sizes and digest of `meta` are filled in only after the body ended.
 */
export async function cutAttachment(pool: Pool<ParseThread>, job: CutJob): Promise<AttachmentContent | undefined> {
  const { item: thread, giveBack } = await pool.borrow()
  const messages = talk(thread, job)
  try {
    const meta = await untilAttachment(messages)
    if (meta !== undefined) return { meta, body: pieces(messages, meta, giveBack) }
  } catch (error) {
    giveBack()
    throw asFault(error)
  }
  giveBack()
  return undefined
}

/** Feeds the mail and yields what the worker says, one thing at a time, so that nothing runs ahead of the reader. */
async function* talk(thread: ParseThread, job: CutJob): AsyncGenerator<FromWorker> {
  const { mail } = job
  thread.post({ kind: "start", mail, wanted: job.index })
  let sent = 0
  for await (const chunk of job.raw) {
    const octets = Uint8Array.from(chunk.subarray(0, job.maxBytes - sent))
    if (octets.length === 0) break
    sent += octets.length
    thread.post({ kind: "chunk", mail, octets })
    yield* until("taken", thread, mail)
  }
  thread.post({ kind: "end", mail })
  yield* until("parsed", thread, mail)
}

async function* until(kind: FromWorker["kind"], thread: ParseThread, mail: number): AsyncGenerator<FromWorker> {
  for (;;) {
    const message = await thread.next(mail)
    yield message
    if (message.kind === "piece") thread.post({ kind: "more", mail })
    if (message.kind === kind) return
  }
}

async function untilAttachment(messages: AsyncGenerator<FromWorker>): Promise<ParsedAttachment | undefined> {
  for (;;) {
    const { value, done } = await messages.next()
    if (done === true) return undefined
    if (value.kind === "attachment") return value.meta
  }
}

function pieces(messages: AsyncGenerator<FromWorker>, meta: ParsedAttachment, giveBack: () => void): ByteStream {
  let left = false
  const leave = async () => {
    if (left) return
    left = true
    await messages.return(undefined)
    giveBack()
  }
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    while (!left) {
      const { value, done } = await messages.next()
      if (done === true) break
      if (value.kind === "attachmentEnd") {
        Object.assign(meta, value.meta)
        break
      }
      if (value.kind === "piece") return { done: false, value: value.octets }
    }
    await leave()
    return { done: true, value: undefined }
  }
  // Not a generator: leaving it before the first read must give the thread back too.
  const iterator: AsyncIterator<Uint8Array> = {
    next: () =>
      next().catch(async (error: unknown) => {
        await leave()
        throw asFault(error)
      }),
    async return() {
      await leave()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

function asFault(error: unknown): unknown {
  if (!(error instanceof ThreadError)) return error
  return new RelayError("internal", "The attachment could not be read from the stored message.", { cause: error })
}

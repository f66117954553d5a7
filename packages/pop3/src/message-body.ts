import { createChunkQueue } from "./chunk-queue.ts"
import { failureOf, Pop3Error } from "./pop3-error.ts"

/**
 * One message: its exact octets, dots unstuffed. It may be iterated once, and has to be read to its end or left (`break`, `return`) before the
 * next command is answered. Leaving reads and drops the rest within `drainBytes` and `drainTimeoutMs`; beyond them the connection is dropped.
 * Iterating rejects with Pop3Error when the connection ends (`closed`, `timeout`, `aborted`) or `maxBytes` is exceeded (`limit`).
 */
export interface Pop3Message extends AsyncIterable<Buffer> {
  /** The server's words behind +OK; often the size, but nothing promises that. */
  readonly response: string
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined, undefined>
}

/** Takes the content of a multi-line response. */
export interface ContentSink {
  write(chunk: Buffer): void
  end(): void
  fail(error: Pop3Error): void
}

export interface BodyOptions {
  command: string
  maxBytes: number
  highWaterBytes: number
  drainBytes: number
  drainTimeoutMs: number
  pause(): void
  resume(): void
  /** Ends the connection: the rest of the message is not worth reading. */
  abandon(error: Pop3Error): void
}

/** Between the socket and the reader of one message: keeps up to `highWaterBytes`, then pauses the socket. */
export function createMessageBody(options: BodyOptions): {
  sink: ContentSink
  iterator: AsyncIterator<Buffer, undefined, undefined>
} {
  const queue = createChunkQueue({
    highWaterBytes: options.highWaterBytes,
    onFull: options.pause,
    onEmpty: options.resume,
  })
  const over = Promise.withResolvers<void>()
  const tooMuch = (what: string) => new Pop3Error("limit", what, { command: options.command })
  let received = 0
  let state: "reading" | "left" | "over" = "reading"
  let timer: NodeJS.Timeout | undefined

  const leave = (error?: Pop3Error) => {
    state = "left"
    received = 0
    queue.clear()
    queue.close(error)
    const late = () => options.abandon(tooMuch("the rest of the message was not skipped in time"))
    timer = setTimeout(late, options.drainTimeoutMs)
    options.resume()
  }
  const finish = (error?: Pop3Error) => {
    clearTimeout(timer)
    state = "over"
    queue.close(error)
    options.resume()
    over.resolve()
  }
  const sink: ContentSink = {
    write(chunk) {
      received += chunk.length
      if (state === "reading" && received > options.maxBytes)
        leave(tooMuch(`the message exceeds ${options.maxBytes} octets`))
      else if (state === "reading") queue.push(chunk)
      else if (received > options.drainBytes) options.abandon(tooMuch("the rest of the message is too long to skip"))
    },
    end: () => finish(),
    fail: (error) => finish(failureOf(error, options.command)),
  }
  return {
    sink,
    iterator: {
      next: () => queue.next(),
      async return() {
        if (state === "reading") leave()
        queue.clear()
        await over.promise
        return { done: true, value: undefined }
      },
    },
  }
}

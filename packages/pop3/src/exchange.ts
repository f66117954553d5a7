import { createDotDecoder, type DotDecoder } from "./dot-decoder.ts"
import { createLineReader } from "./line-reader.ts"
import type { ContentSink } from "./message-body.ts"
import { failureOf, Pop3Error } from "./pop3-error.ts"
import { parseStatus, type Status } from "./status-line.ts"
import type { Watchdog } from "./watchdog.ts"

/** One expected answer. */
export interface Request {
  /** Keyword, for errors: never an argument. */
  command: string
  /** What to send, without CRLF; null where the server speaks first. */
  line: string | null
  timeoutMs: number
  /** Takes the content after +OK; absent where the answer is one line. */
  content?: ContentSink
  /** What to send back to a SASL challenge; undefined when the server has no business sending another one. */
  answer?: (challenge: string) => string | undefined
  /** Called within its +OK. Nothing may follow that line: the octets after it have another meaning (STLS). */
  onLast?: () => void
}

interface Pending extends Request {
  settle: PromiseWithResolvers<Status>
}

export interface Exchange {
  /** Resolves with +OK, rejects with `refused` on -ERR, else with whatever ended the session. Answers come in the order of the calls. */
  request(request: Request): Promise<Status>
  feed(chunk: Buffer): void
  /** Rejects everything pending and everything to come. */
  fail(failure: Pop3Error): void
}

interface ExchangeOptions {
  maxLineBytes: number
  watchdog: Watchdog
  write(text: string): void
  /** Ends the connection; calls `fail` in turn. */
  abandon(failure: Pop3Error): void
}

/**
 * The first-in first-out list of expected answers. One request is on its way at a time; sending further ones before the head is
 * answered (RFC 2449 section 6.6) is a matter of `send` alone, reading copes with it.
 */
export function createExchange(options: ExchangeOptions): Exchange {
  const lines = createLineReader(options.maxLineBytes)
  const queue: Pending[] = []
  let decoder: DotDecoder | undefined
  let failed: Pop3Error | undefined

  const send = () => {
    const head = queue[0]
    if (head === undefined) return
    options.watchdog.start(head.timeoutMs, head.command)
    if (head.line !== null) options.write(`${head.line}\r\n`)
  }
  const next = () => {
    options.watchdog.stop()
    queue.shift()
    decoder = undefined
    send()
  }
  const unexpected = (line: Buffer) => options.abandon(unexpectedLine(line, queue[0]))
  const onStatus = (line: Buffer, followed: boolean) => {
    const status = parseStatus(line)
    const head = queue[0]
    if (head === undefined || status === undefined) return unexpected(line)
    if (status.kind === "continue") {
      const answer = head.answer?.(status.text)
      return answer === undefined ? unexpected(line) : options.write(`${answer}\r\n`)
    }
    if (head.onLast !== undefined && status.kind === "ok") {
      if (followed) return options.abandon(injected(head.command))
      head.onLast()
    }
    if (status.kind === "ok" && head.content !== undefined) decoder = createDotDecoder()
    else next()
    if (status.kind === "ok") head.settle.resolve(status)
    else head.settle.reject(refused(status, head.command))
  }
  const readLine = (chunk: Buffer, from: number): number => {
    const read = lines.push(chunk, from)
    if (read === "too_long") {
      const command = queue[0]?.command ?? null
      options.abandon(new Pop3Error("limit", `a line exceeds ${options.maxLineBytes} octets`, { command }))
      return chunk.length
    }
    if (read.line !== undefined) onStatus(read.line, read.next < chunk.length)
    return read.next
  }
  const readContent = (chunk: Buffer, from: number, reader: DotDecoder): number => {
    const content = queue[0]?.content
    const read = reader.push(chunk, from)
    for (const data of read.data) content?.write(data)
    if (read.done && failed === undefined) {
      next()
      content?.end()
    } else options.watchdog.progress()
    return read.next
  }

  return {
    request(request) {
      if (failed !== undefined) return Promise.reject(failureOf(failed, request.command))
      const settle = Promise.withResolvers<Status>()
      queue.push({ ...request, settle })
      if (queue.length === 1) send()
      return settle.promise
    },
    feed(chunk) {
      let from = 0
      while (from < chunk.length && failed === undefined) {
        from = decoder === undefined ? readLine(chunk, from) : readContent(chunk, from, decoder)
      }
    },
    fail(failure) {
      if (failed !== undefined) return
      failed = failure
      options.watchdog.stop()
      for (const pending of queue.splice(0)) {
        pending.settle.reject(failureOf(failure, pending.command))
        pending.content?.fail(failure)
      }
    },
  }
}

const refused = (status: Status, command: string): Pop3Error =>
  new Pop3Error("refused", `${command} was refused: ${status.text}`, {
    command,
    response: status.text,
    responseCode: status.responseCode,
    stage: command === greeting ? "greeting" : "command",
  })

/** Stands for the command of the first line, which answers none. */
export const greeting = "greeting"

export const injected = (command: string): Pop3Error =>
  new Pop3Error("injection", "the server sent octets between STLS and the handshake", { command, stage: "tls" })

/** A line that nobody waits for: as a rule the goodbye of a server that closes, else an answer too many. */
function unexpectedLine(line: Buffer, head: Request | undefined): Pop3Error {
  const status = parseStatus(line)
  const response = status?.text ?? line.toString("utf8").slice(0, 512)
  const details = {
    response,
    responseCode: status?.responseCode ?? null,
    command: head?.command ?? null,
    stage: head?.command === greeting ? ("greeting" as const) : ("command" as const),
  }
  if (head === undefined && status?.kind === "err")
    return new Pop3Error("closed", `the server ended the session: ${response}`, details)
  return new Pop3Error("protocol", "the server sent a line that is no answer to anything", details)
}

import { createDotDecoder, type DotDecoder } from "./dot-decoder.ts"
import { createLineReader } from "./line-reader.ts"
import type { ContentSink } from "./message-body.ts"
import { Pop3Error } from "./pop3-error.ts"
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

/** A request that was sent, or waits for it. */
export interface Pending extends Request {
  settle: PromiseWithResolvers<Status>
}

interface AnswerReaderOptions {
  maxLineBytes: number
  watchdog: Watchdog
  /** What was sent, in order; answered ones are taken out. */
  expected: Pending[]
  answered(): void
  failed(): boolean
  write(text: string): void
  abandon(failure: Pop3Error): void
}

/** Reads the answers to what is expected, from octets cut anywhere: status lines, challenges, and the content of multi-line ones. */
export function createAnswerReader(options: AnswerReaderOptions): { read(chunk: Buffer, from: number): number } {
  const { expected, abandon } = options
  const lines = createLineReader(options.maxLineBytes)
  let decoder: DotDecoder | undefined

  const done = () => {
    expected.shift()
    decoder = undefined
    options.answered()
  }
  const onStatus = (line: Buffer, followed: boolean) => {
    const status = parseStatus(line)
    const head = expected[0]
    if (head === undefined || status === undefined) return abandon(unexpectedLine(line, head))
    if (status.kind === "continue") {
      const answer = head.answer?.(status.text)
      return answer === undefined ? abandon(unexpectedLine(line, head)) : options.write(`${answer}\r\n`)
    }
    if (head.onLast !== undefined && status.kind === "ok") {
      if (followed) return abandon(injected(head.command))
      head.onLast()
    }
    if (status.kind === "ok" && head.content !== undefined) decoder = createDotDecoder()
    else done()
    settle(head, status)
  }
  const readLine = (chunk: Buffer, from: number): number => {
    const read = lines.push(chunk, from)
    if (read === "too_long") {
      const command = expected[0]?.command ?? null
      abandon(new Pop3Error("limit", `a line exceeds ${options.maxLineBytes} octets`, { command }))
      return chunk.length
    }
    if (read.line !== undefined) onStatus(read.line, read.next < chunk.length)
    return read.next
  }
  const readContent = (chunk: Buffer, from: number, content: DotDecoder): number => {
    const sink = expected[0]?.content
    const read = content.push(chunk, from)
    for (const data of read.data) sink?.write(data)
    if (read.done && !options.failed()) {
      done()
      sink?.end()
    } else options.watchdog.progress()
    return read.next
  }
  return {
    read: (chunk, from) => (decoder === undefined ? readLine(chunk, from) : readContent(chunk, from, decoder)),
  }
}

function settle({ settle, command }: Pending, status: Status): void {
  if (status.kind === "ok") settle.resolve(status)
  else settle.reject(refused(status, command))
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

import { createLineReader } from "./line-reader.ts"
import type { ContentSink } from "./message-body.ts"
import { failureOf, Pop3Error } from "./pop3-error.ts"

interface CollectorOptions {
  command: string
  maxLineBytes: number
  maxListingLines: number
  maxListingBytes: number
  abandon(error: Pop3Error): void
}

/** Collects the lines of a listing, one character an octet; a listing that outgrows its limits ends the connection. */
export function createLineCollector(options: CollectorOptions): { sink: ContentSink; lines: Promise<string[]> } {
  const reader = createLineReader(options.maxLineBytes)
  const result = Promise.withResolvers<string[]>()
  const lines: string[] = []
  let bytes = 0
  const tooMuch = (what: string) => options.abandon(new Pop3Error("limit", what, { command: options.command }))
  // Whoever waits for the status line only must not be surprised by the rejection of the rest.
  result.promise.catch(() => undefined)

  const write = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > options.maxListingBytes) return tooMuch(`the listing exceeds ${options.maxListingBytes} octets`)
    let from = 0
    while (from < chunk.length) {
      const read = reader.push(chunk, from)
      if (read === "too_long") return tooMuch(`a line of the listing exceeds ${options.maxLineBytes} octets`)
      from = read.next
      if (read.line === undefined) return
      if (lines.length >= options.maxListingLines)
        return tooMuch(`the listing exceeds ${options.maxListingLines} lines`)
      lines.push(read.line.toString("latin1"))
    }
  }
  const end = () => {
    result.resolve(lines)
  }
  return {
    sink: { write, end, fail: (error) => result.reject(failureOf(error, options.command)) },
    lines: result.promise,
  }
}

import { createAnswerReader, type Pending, type Request } from "./answer-reader.ts"
import { failureOf, type Pop3Error } from "./pop3-error.ts"
import type { Status } from "./status-line.ts"
import type { Watchdog } from "./watchdog.ts"

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

/** Requests on their way at a time. More is pipelining (RFC 2449 section 6.6), which only a server that offers it may be given. */
const window = 1

/**
 * The first-in first-out list of expected answers, and behind it what waits to be sent. An answer is taken only for a request that was
 * sent before the octets came.
 */
export function createExchange(options: ExchangeOptions): Exchange {
  const unsent: Pending[] = []
  const expected: Pending[] = []
  const { watchdog, abandon } = options
  let failed: Pop3Error | undefined

  const watch = () =>
    expected[0] === undefined ? watchdog.stop() : watchdog.start(expected[0].timeoutMs, expected[0].command)
  const send = () => {
    while (expected.length < window) {
      const request = unsent.shift()
      if (request === undefined) return
      expected.push(request)
      if (expected.length === 1) watch()
      if (request.line !== null) options.write(`${request.line}\r\n`)
    }
  }
  const reader = createAnswerReader({
    ...options,
    expected,
    abandon,
    answered: watch,
    failed: () => failed !== undefined,
  })

  return {
    request(request) {
      if (failed !== undefined) return Promise.reject(failureOf(failed, request.command))
      const settle = Promise.withResolvers<Status>()
      unsent.push({ ...request, settle })
      send()
      return settle.promise
    },
    feed(chunk) {
      let from = 0
      while (from < chunk.length && failed === undefined) from = reader.read(chunk, from)
      if (failed === undefined) send()
    },
    fail(failure) {
      if (failed !== undefined) return
      failed = failure
      watchdog.stop()
      for (const pending of [...expected.splice(0), ...unsent.splice(0)]) {
        pending.settle.reject(failureOf(failure, pending.command))
        pending.content?.fail(failure)
      }
    },
  }
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { FetchedMail } from "@postrider/core/ports/mailbox-reader"
import type { Pop3Client } from "@postrider/pop3/client"
import type { Pop3Message } from "@postrider/pop3/message-body"
import { Pop3Error } from "@postrider/pop3/pop3-error"
import { cleanResponse } from "../fault/clean-response.ts"
import { fetchHeaders } from "./fetch-headers.ts"
import { isBusy } from "./pop3-fault.ts"

export interface Reading {
  client: Pop3Client
  /** LIST sizes by message number, corrected where reading showed more. */
  sizes: Map<number, number>
  maxBytes: number
  /** Translates what the client throws. */
  failure(error: unknown): unknown
}

/** Bodies in the order asked, streamed; each number gets exactly one answer (mail-rules B4, B6). */
export async function* fetchMails(reading: Reading, refs: readonly number[]): AsyncGenerator<FetchedMail> {
  for (const ref of refs) {
    if ((reading.sizes.get(ref) ?? 0) > reading.maxBytes) yield await headersOnly(reading, ref)
    else yield* readMail(reading, ref)
  }
}

async function* readMail(reading: Reading, ref: number): AsyncGenerator<FetchedMail> {
  const opened = await openMail(reading, ref)
  if (opened === "oversize") {
    yield await headersOnly(reading, ref)
    return
  }
  if ("reason" in opened) {
    yield { kind: "missing", ref, reason: opened.reason }
    return
  }
  try {
    yield { kind: "mail", ref, body: body(reading, ref, opened) }
  } finally {
    // The caller may have left it unread: the next command has to wait for its end.
    await opened.pieces.return?.()
  }
}

interface Opened {
  first: Buffer
  pieces: AsyncIterator<Buffer, undefined, undefined>
}

/** The first octets are read before anything is promised. */
async function openMail(
  { client, maxBytes, failure }: Reading,
  ref: number,
): Promise<Opened | { reason: string } | "oversize"> {
  let message: Pop3Message
  try {
    message = await client.retr(ref, { maxBytes })
  } catch (error) {
    if (error instanceof Pop3Error && error.code === "refused" && !isBusy(error))
      return { reason: cleanResponse(`-ERR ${error.response ?? ""}`) ?? "-ERR" }
    throw failure(error)
  }
  const pieces = message[Symbol.asyncIterator]()
  try {
    const first = await pieces.next()
    return first.done === true ? { reason: "empty body" } : { first: first.value, pieces }
  } catch (error) {
    if (isLimit(error)) {
      await pieces.return?.()
      return "oversize"
    }
    throw failure(error)
  }
}

async function* body(reading: Reading, ref: number, { first, pieces }: Opened): AsyncGenerator<Uint8Array> {
  yield first
  let octets = first.length
  try {
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
      octets += next.value.length
      yield next.value
    }
  } catch (error) {
    if (!isLimit(error)) throw reading.failure(error)
    reading.sizes.set(ref, Math.max(octets, reading.maxBytes) + 1)
    throw new RelayError("message_too_large", "The mail is larger than the server said, and than the limit.", {
      cause: error,
    })
  }
}

const isLimit = (error: unknown): boolean => error instanceof Pop3Error && error.code === "limit"

async function headersOnly({ client, failure }: Reading, ref: number): Promise<FetchedMail> {
  try {
    const headers = await fetchHeaders(client, ref)
    if (headers === undefined) return { kind: "missing", ref, reason: "TOP was refused" }
    return { kind: "oversize", ref, headers }
  } catch (error) {
    throw failure(error)
  }
}

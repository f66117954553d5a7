import type { Readable } from "node:stream"
import { RelayError } from "@postrider/core/error/relay-error"
import type { ByteStream } from "@postrider/core/ports/content-store"
import { faultError } from "../fault/fault-error.ts"
import type { ImapConnection } from "./connection.ts"
import { isBusy, refusalOf } from "./imap-fault.ts"
import { bareFault } from "./lifetime.ts"
import { endsAt } from "./read-batch.ts"

const pieceBytes = 512 * 1024

export type OpenedMail =
  | { kind: "mail"; body: ByteStream; close: () => void }
  | { kind: "missing"; reason: string }
  | { kind: "oversize"; size: number }

interface Wanted {
  uid: number
  maxBytes: number
  /** Called when reading shows more than `maxBytes`. */
  onOversize: (octets: number) => void
}

/** Opens one mail that is read in pieces of half a MiB as the caller takes them. The first two are read before anything is promised. */
export async function openStream(connection: ImapConnection, wanted: Wanted): Promise<OpenedMail> {
  const { uid, maxBytes } = wanted
  const opened = await download(connection, uid)
  if ("reason" in opened) return { kind: "missing", reason: opened.reason }
  const { content, size } = opened
  if (size > maxBytes) {
    content.destroy()
    return { kind: "oversize", size }
  }
  const pieces = content[Symbol.asyncIterator]()
  const next = () => connection.run("fetch", () => pieces.next())
  try {
    const first = await next()
    const second = first.done === true ? first : await next()
    const head = [first, second].flatMap((piece) => (piece.done === true ? [] : [piece.value as Uint8Array]))
    const octets = head.reduce((sum, piece) => sum + piece.length, 0)
    if (octets > maxBytes) {
      content.destroy()
      return { kind: "oversize", size: octets }
    }
    if (octets === 0) return { kind: "missing", reason: "empty body" }
    if (second.done === true && octets < size && !(await endsAt(connection, uid, octets))) {
      return { kind: "missing", reason: `${octets} of ${size} octets` }
    }
    const rest = second.done === true ? null : next
    return {
      kind: "mail",
      body: body({ connection, content, head, rest, size, wanted }),
      close: () => content.destroy(),
    }
  } catch (error) {
    content.destroy()
    throw error
  }
}

async function download(
  connection: ImapConnection,
  uid: number,
): Promise<{ content: Readable; size: number } | { reason: string }> {
  try {
    const options = { uid: true, chunkSize: pieceBytes }
    const found = await connection.attempt("fetch", () => connection.client.download(`${uid}`, undefined, options))
    if (found.content === undefined) return { reason: "no body in the answer" }
    return { content: found.content, size: found.meta.expectedSize ?? 0 }
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null || isBusy(error)) throw connection.fail("fetch", error)
    return { reason: `${refusal.status} ${refusal.text ?? ""}`.trim() }
  }
}

interface Open {
  connection: ImapConnection
  content: Readable
  head: Uint8Array[]
  rest: (() => Promise<IteratorResult<Uint8Array>>) | null
  size: number
  wanted: Wanted
}

async function* body({ connection, content, head, rest, size, wanted }: Open): AsyncGenerator<Uint8Array> {
  let octets = 0
  try {
    for (const piece of head) {
      octets += piece.length
      yield piece
    }
    for (let next = await rest?.(); next !== undefined && next.done !== true; next = await rest?.()) {
      octets += next.value.length
      if (octets > wanted.maxBytes) {
        wanted.onOversize(octets)
        throw new RelayError("message_too_large", "The mail is larger than the server said, and than the limit.")
      }
      yield next.value
    }
  } finally {
    content.destroy()
  }
  if (rest !== null && octets < size && !(await endsAt(connection, wanted.uid, octets))) {
    throw faultError({ ...bareFault("protocol", "fetch", "TRUNCATED") })
  }
}

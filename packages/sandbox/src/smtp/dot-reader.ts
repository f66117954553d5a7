import type { Connection } from "../connection/connection.ts"

export type DotReaderOptions = {
  readonly maxBytes: number
  /** Called after each piece with the octets read so far; may wait, or throw to end the session. */
  readonly onProgress: (bytes: number) => Promise<void>
}

/** Only a dot between two CRLF ends the data (RFC 5321 §2.3.8): a bare LF never does, so nothing can be smuggled in. */
const dotLine = Buffer.from("\r\n.")

/**
 * Reads a message up to the final dot and takes out the stuffed dots (RFC 5321 §4.5.2), at any chunk boundary.
 * Undefined: larger than `maxBytes`; it was read to its end and thrown away.
 */
export async function readUntilDot(connection: Connection, options: DotReaderOptions): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  const keep = (piece: Buffer) => {
    size += piece.length
    if (size <= options.maxBytes) pieces.push(piece)
    else pieces.length = 0
  }
  // The line end of the DATA command counts as the one before the first line; it is no part of the message.
  let held: Buffer = Buffer.from("\r\n")
  let skip = held.length
  for (;;) {
    const chunk = await connection.readChunk()
    const { taken, rest, end } = unstuff(Buffer.concat([held, chunk]))
    for (const piece of taken) {
      keep(piece.subarray(skip))
      skip = Math.max(skip - piece.length, 0)
    }
    await options.onProgress(size)
    if (end) {
      connection.unread(rest)
      return size > options.maxBytes ? undefined : Buffer.concat(pieces)
    }
    held = rest
  }
}

type Unstuffed = { readonly taken: Buffer[]; readonly rest: Buffer; readonly end: boolean }

function unstuff(data: Buffer): Unstuffed {
  const taken: Buffer[] = []
  let start = 0
  for (;;) {
    const found = data.indexOf(dotLine, start)
    if (found < 0) break
    const after = data.subarray(found + 3, found + 5).toString("latin1")
    if (after === "\r\n") {
      taken.push(data.subarray(start, found + 2))
      return { taken, rest: data.subarray(found + 5), end: true }
    }
    if ("\r\n".startsWith(after)) {
      taken.push(data.subarray(start, found))
      return { taken, rest: data.subarray(found), end: false }
    }
    taken.push(data.subarray(start, found + 2))
    start = found + 3
  }
  const tail = Math.max(
    start,
    data.length - (data.at(-1) === 13 ? 1 : data.subarray(-2).toString("latin1") === "\r\n" ? 2 : 0),
  )
  taken.push(data.subarray(start, tail))
  return { taken, rest: data.subarray(tail), end: false }
}

const lf = 0x0a
const cr = 0x0d

export interface LineReader {
  /**
   * Takes octets from `from` on, up to the end of one line. `line` is without its CRLF (or LF), undefined while it is incomplete;
   * `next` is where to go on. `"too_long"` when the line exceeds the limit, ended or not.
   */
  push(chunk: Buffer, from: number): { line: Buffer | undefined; next: number } | "too_long"
  /** Whether part of a line is waiting for its end. */
  readonly partial: boolean
}

/** Splits octets into lines at any chunk boundary, in linear time. */
export function createLineReader(maxBytes: number): LineReader {
  let parts: Buffer[] = []
  let length = 0

  return {
    get partial() {
      return length > 0
    },
    push(chunk, from) {
      const end = chunk.indexOf(lf, from)
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end)
      length += piece.length
      if (length > maxBytes + 1) return "too_long"
      // A copy: one octet must not keep its whole chunk alive, nor an endless line of one-octet chunks as many buffers.
      if (piece.length > 0)
        parts = parts.length < 64 ? [...parts, Buffer.from(piece)] : [Buffer.concat([...parts, piece])]
      if (end === -1) return { line: undefined, next: chunk.length }
      const line = Buffer.concat(parts)
      parts = []
      length = 0
      return { line: line.at(-1) === cr ? line.subarray(0, -1) : line, next: end + 1 }
    },
  }
}

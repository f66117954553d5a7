const lf = 0x0a
const cr = 0x0d
const dot = 0x2e

/** Where the automaton stands; `Dot` and `DotCr` hold back what may turn out to be the terminator. */
const text = 0
const afterCr = 1
const lineStart = 2
const afterDot = 3
const afterDotCr = 4

const heldCr = Buffer.from("\r")

export interface DotDecoder {
  /**
   * Takes octets from `from` on, up to the terminator. `data` are message octets, in the order to emit them; `next` is where to go on; `done` tells that
   * the terminator was read. The chunk is overwritten up to `next`.
   */
  push(chunk: Buffer, from: number): { data: Buffer[]; next: number; done: boolean }
}

/**
 * Undoes the framing of a multi-line response (RFC 1939 section 3) octet by octet: CRLF alone ends a line, one dot at the start of a line
 * is dropped, and CRLF.CRLF ends the response; its first CRLF belongs to the content. Chunks may be cut anywhere. Linear time, no copy of long runs.
 */
export function createDotDecoder(): DotDecoder {
  let state = lineStart

  return {
    push(chunk, from) {
      const data: Buffer[] = []
      let write = from
      for (let read = from; read < chunk.length; read++) {
        const octet = chunk[read] as number
        if (state === lineStart && octet === dot) {
          state = afterDot
          continue
        }
        if (state === afterDot && octet === cr) {
          state = afterDotCr
          continue
        }
        if (state === afterDotCr) {
          if (octet === lf) {
            if (write > from) data.push(chunk.subarray(from, write))
            return { data, next: read + 1, done: true }
          }
          // The held CR was content after all. Its place in the chunk is free unless it came with an earlier one.
          if (read > from) chunk[write++] = cr
          else data.push(heldCr)
          state = octet === cr ? afterCr : text
        } else if (octet === cr) state = afterCr
        else state = state === afterCr && octet === lf ? lineStart : text
        chunk[write++] = octet
      }
      if (write > from) data.push(chunk.subarray(from, write))
      return { data, next: chunk.length, done: false }
    },
  }
}

/** Longest header block that is read; what lies behind is left to the defect `header_too_large`. */
export const maxHeaderBytes: number = 1024 * 1024

/** Keeps the header block of a mail that passes by in chunks. */
export interface HeaderTap {
  write(chunk: Uint8Array): void
  /** Octets up to and without the empty line; cut at `maxHeaderBytes`. */
  block(): { octets: Uint8Array; truncated: boolean }
}

/** Copies what it keeps, so that chunks may be transferred afterwards. */
export function createHeaderTap(): HeaderTap {
  const kept: Uint8Array[] = []
  let size = 0
  let done = false
  let truncated = false
  let lineIsEmpty = true

  // The block ends with the first line that holds nothing but its line end, also at the very start.
  const endOfBlock = (chunk: Uint8Array): number => {
    for (let i = 0; i < chunk.length; i++) {
      const octet = chunk[i]
      if (octet === 0x0a) {
        if (lineIsEmpty) return i + 1
        lineIsEmpty = true
      } else if (octet !== 0x0d) lineIsEmpty = false
    }
    return -1
  }

  return {
    write(chunk) {
      if (done) return
      const end = endOfBlock(chunk)
      const part = end < 0 ? chunk : chunk.subarray(0, end)
      const room = maxHeaderBytes - size
      if (part.length > room) truncated = true
      kept.push(Uint8Array.from(part.subarray(0, room)))
      size += Math.min(part.length, room)
      done = end >= 0 || truncated
    },
    block: () => ({ octets: Buffer.concat(kept), truncated }),
  }
}

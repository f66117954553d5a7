/** The bytes of a message in pieces, so that a copy for another recipient shares the large part. */
export type Content = {
  readonly size: number
  /** The octets from `start` up to `end`, as views on the pieces. */
  slice(start: number, end: number): Buffer[]
  /** All octets in one buffer; copies when there is more than one piece. */
  bytes(): Buffer
}

/** Wraps pieces that nobody changes any more. */
export function createContent(...pieces: readonly Buffer[]): Content {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return {
    size,
    slice: (start, end) => slicePieces(pieces, start, end),
    bytes: () => (pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)),
  }
}

function slicePieces(pieces: readonly Buffer[], start: number, end: number): Buffer[] {
  const views: Buffer[] = []
  let offset = 0
  for (const piece of pieces) {
    const from = Math.max(start - offset, 0)
    const to = Math.min(end - offset, piece.length)
    if (from < to) views.push(piece.subarray(from, to))
    offset += piece.length
  }
  return views
}

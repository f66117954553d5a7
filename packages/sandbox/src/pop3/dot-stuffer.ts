/** Puts a dot before each line that begins with one (RFC 1939 §3), at any chunk boundary and without copying. */
export type DotStuffer = {
  stuff(chunk: Buffer): Buffer[]
  /** The end of the answer, with the line end that the last line may lack. */
  end(): string
}

const dot = Buffer.from(".")
const lineDot = Buffer.from("\n.")

export function createDotStuffer(): DotStuffer {
  let last = 10
  return {
    stuff(chunk) {
      const pieces: Buffer[] = []
      let start = 0
      if (last === 10 && chunk[0] === 46) pieces.push(dot)
      for (let found = chunk.indexOf(lineDot); found >= 0; found = chunk.indexOf(lineDot, found + 1)) {
        pieces.push(chunk.subarray(start, found + 1), dot)
        start = found + 1
      }
      pieces.push(chunk.subarray(start))
      last = chunk.at(-1) ?? last
      return pieces
    },
    end: () => (last === 10 ? ".\r\n" : "\r\n.\r\n"),
  }
}

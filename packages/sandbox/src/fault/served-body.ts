import type { Content } from "../message/content.ts"
import type { Fault } from "./fault.ts"

/** A message as it will be sent: the real octets, or what a fault makes of them. */
export type ServedBody = {
  readonly size: number
  /** The octets from `start` up to `end`, in pieces small enough to wait between them. */
  chunks(start: number, end: number): Generator<Buffer>
}

const chunkBytes = 128 * 1024
/** The largest literal that a 32-bit client can name: to everybody else it looks endless. */
const endlessBytes = 2 ** 32 - 1
const fillerLine = `${"filler ".repeat(8)}\r\n`
const filler = Buffer.from(fillerLine.repeat(Math.ceil(chunkBytes / fillerLine.length)))

/** Shortens or lengthens a message as the fault asks. */
export function serveBody(content: Content, fault: Fault | undefined): ServedBody {
  const real = Math.max(content.size - (fault?.shortBy ?? 0), 0)
  const size = fault?.endless ? endlessBytes : real + (fault?.longBy ?? 0)
  return {
    size,
    *chunks(start, end) {
      for (const piece of content.slice(start, Math.min(end, real))) {
        for (let from = 0; from < piece.length; from += chunkBytes) yield piece.subarray(from, from + chunkBytes)
      }
      for (let left = Math.min(end, size) - Math.max(start, real); left > 0; left -= filler.length) {
        yield filler.subarray(0, left)
      }
    },
  }
}

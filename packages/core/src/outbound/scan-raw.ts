import type { ByteStream } from "../ports/content-store.ts"

/** Longest line, octets, without its end (RFC 5322 section 2.1.1). */
const maxLineOctets = 998
/** Longest header block that is read. */
export const maxRawHeaderBytes: number = 1024 * 1024

const cr = 0x0d
const lf = 0x0a

export type RawFault = "bare_cr" | "mixed_line_ends" | "nul" | "long_line" | "long_header"

export interface RawScan {
  size: number
  /** All of them; `none` where the mail is one line without an end. */
  lineEnds: "crlf" | "lf" | "none"
  lines: number
  endsWithLine: boolean
  /** Octets over 127 occur. */
  eightBit: boolean
  /** The header block as it came, without the empty line. */
  header: Uint8Array
}

/** Reads a raw mail once, in constant memory, and says what SMTP would make of its octets (mail-rules G8). Pure. */
export async function scanRaw(body: ByteStream): Promise<{ ok: true; scan: RawScan } | { ok: false; fault: RawFault }> {
  const state = newState()
  for await (const chunk of body) {
    const fault = state.inHeader ? keepHeader(state, chunk) : undefined
    const found = fault ?? scanChunk(state, chunk)
    if (found !== undefined) return { ok: false, fault: found }
  }
  if (state.last === cr) return { ok: false, fault: "bare_cr" }
  const { size, lines, crlf, last, eightBit } = state
  const lineEnds = lines === 0 ? "none" : crlf === lines ? "crlf" : "lf"
  const header = headerOf(join(state.header, state.headerSize))
  if (header.length > maxRawHeaderBytes) return { ok: false, fault: "long_header" }
  return { ok: true, scan: { size, lineEnds, lines, endsWithLine: last === lf && size > 0, eightBit, header } }
}

interface State {
  size: number
  /** Octets of the line so far. */
  lineLength: number
  lines: number
  /** How many of them end with CRLF. */
  crlf: number
  last: number
  eightBit: boolean
  inHeader: boolean
  header: Uint8Array[]
  headerSize: number
}

function newState(): State {
  const counts = { size: 0, lineLength: 0, lines: 0, crlf: 0, headerSize: 0 }
  return { ...counts, last: lf, eightBit: false, inHeader: true, header: [] }
}

function scanChunk(state: State, chunk: Uint8Array): RawFault | undefined {
  let { lineLength, last } = state
  let bits = 0
  for (let at = 0; at < chunk.length; at++) {
    const octet = chunk[at] ?? 0
    bits |= octet
    if (octet === lf) {
      const mixed = endLine(state, last === cr)
      if (mixed) return "mixed_line_ends"
      lineLength = 0
    } else if (last === cr) return "bare_cr"
    else if (octet === 0) return "nul"
    else if (octet !== cr && ++lineLength > maxLineOctets) return "long_line"
    last = octet
  }
  state.size += chunk.length
  state.eightBit ||= bits > 127
  state.lineLength = lineLength
  state.last = last
  return undefined
}

/** Says whether this line ends otherwise than those before. */
function endLine(state: State, withCr: boolean): boolean {
  state.lines++
  if (withCr) state.crlf++
  return state.crlf !== 0 && state.crlf !== state.lines
}

/** Keeps a copy of the mail's beginning until the header block is in it. */
function keepHeader(state: State, chunk: Uint8Array): RawFault | undefined {
  state.header.push(chunk.slice())
  state.headerSize += chunk.length
  const whole = join(state.header, state.headerSize)
  state.header = [whole]
  if (headerOf(whole).length < whole.length) state.inHeader = false
  else if (state.headerSize > maxRawHeaderBytes) return "long_header"
  return undefined
}

/** Up to the first empty line; all of it where there is none. */
function headerOf(octets: Uint8Array): Uint8Array {
  let start = 0
  for (;;) {
    const end = octets.indexOf(lf, start)
    if (end < 0) return octets
    if (end === start || (end === start + 1 && octets[start] === cr)) return octets.subarray(0, start)
    start = end + 1
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0]
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

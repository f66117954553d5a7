import type { RequestBody } from "./request-body.ts"

/** Texts of up to so many octets stay where they are. */
const maxKeptBytes = 64 * 1024

const quote = 0x22
const backslash = 0x5c

/** A text inside a JSON body, by the place of its octets between the quotes. */
export interface LiftedText {
  start: number
  end: number
}

/** A JSON text without its long texts: `""` stands for each of them. */
export interface Skeleton {
  /** Octets before, between and after the long texts; the quotes belong to them. */
  parts: Uint8Array[]
  /** One between each two parts. */
  lifted: LiftedText[]
}

/**
 * Reads a JSON body in one pass and leaves out the texts over 64 KB, so that neither they nor copies of them are held. Nothing is checked:
 * a body that is no JSON gives a skeleton that is none either.
 */
export async function liftTexts(body: RequestBody): Promise<Skeleton> {
  const state: State = { at: 0, kept: [], text: null, escaped: false, pending: [], parts: [], lifted: [] }
  for await (const chunk of body.read()) {
    for (let from = 0; from < chunk.length; ) {
      from = state.text === null ? outside(state, chunk, from) : inside(state, { chunk, from, start: state.text })
    }
    state.at += chunk.length
  }
  // A text without an end: as much of it as was kept, which is no JSON.
  state.parts.push(Buffer.concat([...state.kept, ...state.pending]))
  return { parts: state.parts, lifted: state.lifted }
}

interface State {
  /** Octets before this chunk. */
  at: number
  /** Octets of the part that is being read. */
  kept: Uint8Array[]
  /** Where the text began that is being read, behind its quote. */
  text: number | null
  /** The last octet was a backslash that escapes the next one. */
  escaped: boolean
  /** Octets of that text, as long as they are few. */
  pending: Uint8Array[]
  parts: Uint8Array[]
  lifted: LiftedText[]
}

function outside(state: State, chunk: Uint8Array, from: number): number {
  const found = chunk.indexOf(quote, from)
  const to = found < 0 ? chunk.length : found + 1
  state.kept.push(chunk.slice(from, to))
  if (found >= 0) state.text = state.at + to
  return to
}

function inside(state: State, { chunk, from, start }: { chunk: Uint8Array; from: number; start: number }): number {
  const end = endOfText(state, chunk, from)
  const stop = end < 0 ? chunk.length : end
  if (state.at + stop - start <= maxKeptBytes) state.pending.push(chunk.slice(from, stop))
  else state.pending = []
  if (end < 0) return chunk.length
  const long = state.at + end - start > maxKeptBytes
  if (long) {
    state.lifted.push({ start, end: state.at + end })
    state.parts.push(Buffer.concat(state.kept))
    state.kept = []
  } else state.kept.push(...state.pending)
  state.pending = []
  state.text = null
  state.kept.push(chunk.slice(end, end + 1))
  return end + 1
}

/** Where the closing quote stands in this chunk, or -1. */
function endOfText(state: State, chunk: Uint8Array, from: number): number {
  let at = state.escaped ? from + 1 : from
  state.escaped = false
  let slash = chunk.indexOf(backslash, at)
  let end = chunk.indexOf(quote, at)
  for (;;) {
    // Looked for anew only once passed: else many escapes would cost the square of them.
    if (end >= 0 && end < at) end = chunk.indexOf(quote, at)
    if (slash < 0 || (end >= 0 && end < slash)) return end
    at = slash + 2
    if (at > chunk.length) state.escaped = true
    if (at >= chunk.length) return -1
    slash = chunk.indexOf(backslash, at)
  }
}

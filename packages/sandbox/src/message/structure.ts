import type { Content } from "./content.ts"
import { type HeaderField, headerValue, parseHeaders } from "./headers.ts"

/** A MIME part by its offsets in the message; the message itself is the first. */
export type Part = {
  readonly start: number
  readonly bodyStart: number
  readonly end: number
  readonly type: string
  readonly subtype: string
  readonly parameters: ReadonlyMap<string, string>
  readonly fields: readonly HeaderField[]
  /** Parts of a multipart; of message/rfc822 the message within. */
  readonly children: readonly Part[]
}

const maxDepth = 20
const maxParts = 1000
const structures = new WeakMap<Content, Part>()

/** Where the parts of a message are. Read once per message. */
export function structureOf(content: Content): Part {
  const known = structures.get(content)
  if (known) return known
  const bytes = content.bytes()
  const part = readPart({ bytes, budget: { parts: maxParts } }, { start: 0, end: bytes.length, depth: 0 })
  structures.set(content, part)
  return part
}

/** The part of that number path, e.g. [1, 2]; a message that is no multipart has itself as part 1. */
export function findPart(root: Part, path: readonly number[]): Part | undefined {
  let part: Part | undefined = root
  path.forEach((number, index) => {
    const holder: Part | undefined = index > 0 && part?.type === "MESSAGE" ? part.children[0] : part
    if (holder?.type === "MULTIPART") part = holder.children[number - 1]
    else part = number === 1 && (index === 0 || holder !== part) ? holder : undefined
  })
  return part
}

type Source = { readonly bytes: Buffer; readonly budget: { parts: number } }
type Span = { readonly start: number; readonly end: number; readonly depth: number }

function readPart(source: Source, span: Span): Part {
  const bodyStart = headEnd(source.bytes, span)
  const fields = parseHeaders(source.bytes.toString("latin1", span.start, bodyStart))
  const { value, parameters } = readParameters(headerValue(fields, "content-type") ?? "text/plain")
  const [type = "TEXT", subtype = "PLAIN"] = value.toUpperCase().split("/")
  const inside = { start: bodyStart, end: span.end, depth: span.depth + 1 }
  const boundary = parameters.get("boundary")
  const mayNest = span.depth < maxDepth
  const isMultipart = type === "MULTIPART" && boundary !== undefined && mayNest
  const isMessage = type === "MESSAGE" && subtype === "RFC822" && mayNest
  const children = isMultipart ? readParts(source, inside, boundary) : isMessage ? [readPart(source, inside)] : []
  const nested = children.length > 0
  return {
    start: span.start,
    bodyStart,
    end: span.end,
    type: type === "MULTIPART" && !nested ? "TEXT" : type === "MESSAGE" && !nested ? "APPLICATION" : type,
    subtype: type === "MULTIPART" && !nested ? "PLAIN" : subtype,
    parameters,
    fields,
    children,
  }
}

function readParts(source: Source, span: Span, boundary: string): Part[] {
  const { bytes, budget } = source
  const marker = Buffer.from(`--${boundary}`, "latin1")
  const parts: Part[] = []
  let partStart: number | undefined
  for (let at = span.start; ; ) {
    const found = bytes.indexOf(marker, at)
    if (found < 0 || found >= span.end) break
    at = found + marker.length
    if (found > span.start && bytes[found - 1] !== 10) continue
    if (partStart !== undefined && budget.parts > 0) {
      budget.parts -= 1
      parts.push(readPart(source, { start: partStart, end: Math.max(partStart, found - 2), depth: span.depth }))
    }
    partStart = undefined
    if (bytes.toString("latin1", at, at + 2) === "--") return parts
    const lineEnd = bytes.indexOf(10, at)
    if (lineEnd < 0 || lineEnd >= span.end) return parts
    partStart = lineEnd + 1
  }
  if (partStart !== undefined) parts.push(readPart(source, { start: partStart, end: span.end, depth: span.depth }))
  return parts
}

function headEnd(bytes: Buffer, { start, end }: Span): number {
  if (bytes.toString("latin1", start, start + 2) === "\r\n") return Math.min(start + 2, end)
  const found = bytes.indexOf("\r\n\r\n", start)
  return found < 0 || found + 4 > end ? end : found + 4
}

/** Splits `type/subtype; name=value` (RFC 2045 §5.1), without comments. */
export function readParameters(text: string): { value: string; parameters: Map<string, string> } {
  const [value = "", ...rest] = text.slice(0, 4000).split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/)
  const parameters = new Map<string, string>()
  for (const one of rest) {
    const [name = "", ...words] = one.split("=")
    const plain = words
      .join("=")
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .replace(/\\(.)/g, "$1")
    if (words.length > 0) parameters.set(name.trim().toLowerCase(), plain)
  }
  return { value: value.trim(), parameters }
}

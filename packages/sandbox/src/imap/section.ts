import type { StoredMessage } from "../mailbox/mailbox.ts"
import { type Content, createContent } from "../message/content.ts"
import { headerLength, parseHeaders } from "../message/headers.ts"
import { findPart, structureOf } from "../message/structure.ts"
import type { FetchItem } from "./fetch-items.ts"

type Section = Extract<FetchItem, { kind: "section" }>
type Range = { readonly start: number; readonly bodyStart: number; readonly end: number }

/** The octets of a section; undefined when the message has no such part. */
export function sectionContent({ content }: StoredMessage, item: Section): Content | undefined {
  if (item.part.length === 0 && item.what === "") return content
  const range = rangeOf(content, item)
  if (!range) return undefined
  const { start, bodyStart, end } = range
  if (item.what === "HEADER" || item.what === "MIME") return view(content, start, bodyStart)
  if (item.what === "" || item.what === "TEXT") return view(content, bodyStart, end)
  return createContent(pickFields(view(content, start, bodyStart), item))
}

function rangeOf(content: Content, item: Section): Range | undefined {
  if (item.part.length === 0) return { start: 0, bodyStart: headerLength(content), end: content.size }
  const part = findPart(structureOf(content), item.part)
  // HEADER and TEXT of a part mean those of the message within it (RFC 3501 §6.4.5).
  return item.what === "" || item.what === "MIME" ? part : part?.children[0]
}

function view(content: Content, start: number, end: number): Content {
  return createContent(...content.slice(start, end))
}

function pickFields(header: Content, item: Section): Buffer {
  const wanted = new Set(item.fields)
  const keep = item.what === "HEADER.FIELDS"
  const fields = parseHeaders(header.bytes().toString("latin1")).filter((field) => wanted.has(field.name) === keep)
  return Buffer.from(`${fields.map((field) => field.raw).join("")}\r\n`, "latin1")
}

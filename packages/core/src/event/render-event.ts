import type { BodyForm } from "../webhook/endpoint.ts"
import type { EventRecord, PublicEvent } from "./event.ts"

type Fields = Record<string, unknown>
type Truncated = PublicEvent["truncated"]

/** Largest rendered event of each form, octets of JSON. */
export const maxBodyBytes: Readonly<Record<BodyForm, number>> = {
  metadata: 64 * 1024,
  compact: 64 * 1024,
  full: 256 * 1024,
}

const maxTextBytes = 16 * 1024
const contentFields = ["text", "text_reply", "html", "headers", "calendar"]
const compactFields = ["text", "text_reply"]
/** Cut in this order when an event is too large, before whatever is largest. */
const cutFirst = ["html", "headers", "calendar"]
/** Room for the envelope and the list of what was cut. */
const envelopeBytes = 4 * 1024

/**
 * The event as its reader gets it. A pure function: the same event, data and form give the same bytes on every attempt. Never
 * larger than `maxBodyBytes`; whatever was cut is named in `truncated` with its full size. An event is never dropped for size.
 */
export function renderEvent(event: EventRecord, data: unknown, form: BodyForm): PublicEvent {
  const truncated: Truncated = []
  const shown = isFields(data) ? fit(select(data, form, truncated), maxBodyBytes[form], truncated) : (data ?? null)
  return {
    id: event.id,
    type: event.type,
    timestamp: event.timestamp,
    api_version: "v1",
    account: event.account,
    tenant: event.tenant,
    test: event.test,
    sequence: event.sequence,
    data: shown,
    truncated,
  }
}

/** Octets of a text as UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

function select(data: Fields, form: BodyForm, truncated: Truncated): Fields {
  if (form === "full") return { ...data }
  const kept = form === "compact" ? compactFields : []
  const shown: Fields = {}
  for (const [name, value] of Object.entries(data)) {
    if (contentFields.includes(name) && !kept.includes(name)) continue
    shown[name] = kept.includes(name) ? cutText(name, value, truncated) : value
  }
  return shown
}

function cutText(name: string, value: unknown, truncated: Truncated): unknown {
  if (typeof value !== "string") return value
  const bytes = new TextEncoder().encode(value)
  if (bytes.length <= maxTextBytes) return value
  truncated.push({ pointer: pointer(name), bytes: bytes.length })
  let end = maxTextBytes
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return new TextDecoder().decode(bytes.subarray(0, end))
}

function fit(data: Fields, maxBytes: number, truncated: Truncated): Fields {
  let size = byteLength(JSON.stringify(data))
  const order = [...cutFirst]
  while (size > maxBytes - envelopeBytes) {
    const name = order.shift() ?? largest(data)
    if (name === undefined) break
    const value = data[name]
    if (isEmpty(value)) continue
    const bytes = typeof value === "string" ? byteLength(value) : byteLength(JSON.stringify(value))
    if (!truncated.some((one) => one.pointer === pointer(name))) truncated.push({ pointer: pointer(name), bytes })
    data[name] = Array.isArray(value) ? [] : null
    size = byteLength(JSON.stringify(data))
  }
  return data
}

/** The largest field that may be cut: never the id, never one that is empty. */
function largest(data: Fields): string | undefined {
  const sizes = Object.entries(data)
    .filter(([name, value]) => name !== "id" && !isEmpty(value))
    .map(([name, value]) => ({ name, size: JSON.stringify(value).length }))
  return sizes.sort((a, b) => b.size - a.size)[0]?.name
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

const pointer = (name: string): string => `/data/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`

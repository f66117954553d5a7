import type { InboundRecord, InboundSummary } from "../inbound/message.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { IndexName, StoredRecord } from "../ports/record-store.ts"
import { messageParts } from "../record/message-index.ts"
import type { OutboundMessage } from "./message.ts"
import { unpackOutbound } from "./pack-record.ts"

export interface MessageFilter {
  direction: "inbound" | "outbound" | null
  account: string | null
  tenant: string | null
  status: string[] | null
  kind: string[] | null
  tag: string[] | null
  mailbox: string | null
  thread_id: string | null
  message_id: string | null
  address: string | null
  metadata: Record<string, string>
  /** RFC 3339; `since` inclusive, `until` exclusive, on `created_at`. */
  since: string | null
  until: string | null
  test: boolean
}

/** Where a list goes on: the day being walked (day index only) and the sort key of the last message looked at. */
export interface ListPosition {
  day: string | null
  after: string
}

export type ListedMessage = OutboundMessage | InboundSummary

export interface MessagePage {
  messages: ListedMessage[]
  /** Null at the end. A page may be short, even empty, while there is a next. */
  next: ListPosition | null
}

export interface ListRequest {
  filter: MessageFilter
  limit: number
  position: ListPosition | null
  /** RFC 3339: no message is older. */
  earliest: string
}

/** A list looks at this many records, or for this long, before it answers with what it has and a cursor. */
const maxLooked = 1000
const maxMs = 3000
const pageSize = 100

/**
 * Messages of both directions, newest first, through the narrowest index the filters name; other filters are applied in the page.
 * May lag by a second. Days are walked back to `since`, or to `earliest`, the day this store was made.
 */
export async function listMessages(
  ports: Pick<Ports, "records" | "clock">,
  actor: Actor,
  request: ListRequest,
): Promise<MessagePage> {
  const { filter, limit } = request
  const end = ports.clock.now() + maxMs
  const walk = startWalk(request, ports.clock.now())
  const messages: ListedMessage[] = []
  let looked = 0
  let position = walk.position
  let page: PageRequest = { index: walk.index, part: walk.partOf(position), filter, after: position.after }
  while (true) {
    const { records, next } = await readPage(ports, page)
    for (const record of records) {
      looked++
      const message = toListed(record)
      position = { day: position.day, after: record.index?.[walk.index]?.sort ?? "" }
      if (message === null || !isWanted(message, filter, actor)) continue
      messages.push(message)
      if (messages.length === limit) return { messages, next: position }
    }
    if (next === undefined) {
      const earlier = walk.earlier(position)
      if (earlier === null) return { messages, next: null }
      position = earlier
      page = { index: walk.index, part: walk.partOf(position), filter, after: "" }
    } else page = { ...page, token: next }
    if (looked >= maxLooked || ports.clock.now() > end) return { messages, next: position }
  }
}

interface Walk {
  index: IndexName
  position: ListPosition
  partOf(position: ListPosition): string
  /** The next part to walk, or null at the end. */
  earlier(position: ListPosition): ListPosition | null
}

function startWalk({ filter, position, earliest }: ListRequest, now: number): Walk {
  const single = (index: IndexName, part: string): Walk => ({
    index,
    position: position ?? { day: null, after: "" },
    partOf: () => part,
    earlier: () => null,
  })
  if (filter.thread_id !== null) return single("thread", messageParts.thread(filter.thread_id))
  if (filter.account !== null) return single("owner", messageParts.account(filter.account))
  if (filter.tenant !== null) return single("tenant", messageParts.tenant(filter.tenant))
  const newest = dayOf(Math.min(now, filter.until === null ? now : Date.parse(filter.until)))
  const last = (filter.since ?? earliest).slice(0, 10)
  return {
    index: "day",
    position: position ?? { day: newest, after: "" },
    partOf: ({ day }) => messageParts.day(day ?? newest),
    earlier: ({ day }) => {
      const before = dayOf(Date.parse(day ?? newest) - 86_400_000)
      return before < last ? null : { day: before, after: "" }
    },
  }
}

interface PageRequest {
  index: IndexName
  part: string
  filter: MessageFilter
  /** Sort key of the last message of the answer before; "" at the start of a part. */
  after: string
  /** The store's own place within the part, for the pages of one answer. */
  token?: string
}

function readPage(
  ports: Pick<Ports, "records">,
  { index, part, filter, after, token }: PageRequest,
): Promise<{ records: StoredRecord[]; next?: string }> {
  const upper = [after, filter.until ?? ""].filter((bound) => bound !== "").sort()[0]
  return ports.records.query(index, part, {
    order: "desc",
    limit: pageSize,
    ...(filter.since === null ? {} : { from: filter.since }),
    ...(upper === undefined ? {} : { to: upper }),
    ...(token === undefined ? {} : { after: token }),
  })
}

function toListed(record: StoredRecord): ListedMessage | null {
  if (record.id.startsWith("out#")) return unpackOutbound(record).message
  if (!record.id.startsWith("in#")) return null
  const body = record.body as unknown as InboundRecord
  return body.erased === true ? null : body.summary
}

function isWanted(message: ListedMessage, filter: MessageFilter, actor: Actor): boolean {
  if (!canSee(actor, message)) return false
  if (filter.direction !== null && message.direction !== filter.direction) return false
  if (filter.account !== null && message.account !== filter.account) return false
  if (filter.tenant !== null && message.tenant !== filter.tenant) return false
  if (filter.thread_id !== null && message.thread_id !== filter.thread_id) return false
  if (filter.message_id !== null && message.message_id !== filter.message_id) return false
  if (filter.address !== null && !hasAddress(message, filter.address.toLowerCase())) return false
  return message.direction === "outbound"
    ? isWantedOutbound(message, filter, actor)
    : isWantedInbound(message, filter, actor)
}

function isWantedOutbound(message: OutboundMessage, filter: MessageFilter, actor: Actor): boolean {
  const tests = filter.test || actor.settings.test
  if (message.test !== tests) return false
  if (filter.kind !== null || filter.mailbox !== null) return false
  if (filter.status !== null && !filter.status.includes(message.status)) return false
  if (filter.tag !== null && !filter.tag.some((tag) => message.tags.includes(tag))) return false
  return Object.entries(filter.metadata).every(([key, value]) => message.metadata[key] === value)
}

function isWantedInbound(message: InboundSummary, filter: MessageFilter, actor: Actor): boolean {
  if (filter.test || actor.settings.test) return false
  if (filter.status !== null || filter.tag !== null || Object.keys(filter.metadata).length > 0) return false
  if (filter.kind !== null && !filter.kind.includes(message.kind)) return false
  return filter.mailbox === null || message.mailbox === filter.mailbox
}

function hasAddress(message: ListedMessage, address: string): boolean {
  const shown = [message.from, ...message.to, ...message.cc, ...message.reply_to]
  const envelope = message.direction === "outbound" ? message.recipients.map((r) => r.address) : message.delivered_to
  return shown.some((a) => a?.address.toLowerCase() === address) || envelope.some((a) => a.toLowerCase() === address)
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

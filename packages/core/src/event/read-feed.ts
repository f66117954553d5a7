import { RelayError } from "../error/relay-error.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { BodyForm } from "../webhook/endpoint.ts"
import type { EventRecord, PublicEvent } from "./event.ts"
import { loadEventData } from "./load-event-data.ts"
import { matchesTypes } from "./match-endpoint.ts"
import { renderEvent } from "./render-event.ts"
import { type LogPage, scanLog, timeOf } from "./scan-log.ts"

export interface FeedQuery {
  /** `next` of the page before; absent: from `since`, else from the oldest event there is. */
  after?: string
  /** Milliseconds, inclusive. */
  since?: number
  /** As endpoints name them; absent: all but those that must be named. */
  types?: readonly string[]
  account?: string
  tenant?: string
  /** Tests, and only those. */
  test: boolean
  body: BodyForm
  limit: number
  /** How long to wait for a first event; 0 to 20,000. */
  waitMs: number
  /** Ends the wait early; the page is then the one that there is. */
  signal?: AbortSignal
}

export interface FeedPage {
  data: PublicEvent[]
  /** Where to go on; never absent. */
  next: string
  /** False once everything up to a few seconds ago was read. */
  hasMore: boolean
}

export type FeedPorts = Pick<Ports, "records" | "content" | "clock" | "eventClock" | "limits" | "log">

/** Bounds of one call: a page may be short, even empty, while there is more. */
const maxScanned = 1_000
const maxScanMs = 3_000
const scanHours = 60
const pollMs = 500

/**
 * A page of the log of events, oldest first, without gaps: it ends at the watermark, before which nothing is written any more. An
 * event may come twice, under one id.
 * @throws RelayError `cursor_expired` when `after` is older than events are kept, `invalid_cursor` when it is no position.
 */
export async function readFeed(ports: FeedPorts, actor: Actor, query: FeedQuery): Promise<FeedPage> {
  const oldest = ports.clock.now() - ports.limits.keepEventsMs
  if (query.after !== undefined) checkPosition(query.after, oldest)
  const giveUpAt = ports.clock.now() + query.waitMs
  let position = query.after ?? new Date(Math.max(query.since ?? oldest, oldest)).toISOString()
  for (;;) {
    const page = await readPage(ports, actor, { ...query, after: position })
    position = page.position
    const left = giveUpAt - ports.clock.now()
    const over = left <= 0 || query.signal?.aborted === true
    if (page.events.length > 0 || !page.ended || over) return show(ports, page, query.body)
    // Cut short, it looks once more and answers.
    await ports.clock.sleep(Math.min(pollMs, left), query.signal).catch(() => undefined)
  }
}

async function readPage(ports: FeedPorts, actor: Actor, query: FeedQuery & { after: string }): Promise<LogPage> {
  const stopAt = ports.clock.now() + maxScanMs
  const found: EventRecord[] = []
  let position = query.after
  let scanned = 0
  for (;;) {
    const until = ports.eventClock.watermark()
    const limit = query.limit - found.length
    const page = await scanLog(ports, { after: position, until, limit, maxHours: scanHours })
    scanned += page.events.length
    found.push(...page.events.filter((event) => isWanted(actor, query, event)))
    position = page.position
    const enough = found.length >= query.limit || scanned >= maxScanned || ports.clock.now() >= stopAt
    if (page.ended || enough) return { events: found, position, ended: page.ended }
  }
}

function isWanted(actor: Actor, query: FeedQuery, event: EventRecord): boolean {
  return (
    event.test === (query.test || actor.settings.test) &&
    canSee(actor, event) &&
    matchesTypes(event.type, query.types ?? ["*"]) &&
    (query.account === undefined || event.account === query.account) &&
    (query.tenant === undefined || event.tenant === query.tenant)
  )
}

async function show(ports: FeedPorts, page: LogPage, form: BodyForm): Promise<FeedPage> {
  const data: PublicEvent[] = []
  for (const event of page.events) data.push(renderEvent(event, await loadEventData(ports, event), form))
  return { data, next: page.position, hasMore: !page.ended }
}

function checkPosition(after: string, oldest: number): void {
  const at = timeOf(after)
  if (Number.isNaN(at)) throw new RelayError("invalid_cursor", "The cursor cannot be read.")
  if (at < oldest) throw expired(oldest)
}

function expired(oldest: number): RelayError {
  const since = new Date(oldest).toISOString()
  return new RelayError("cursor_expired", "Events since this cursor are no longer kept.", {
    fix: "Start again without a cursor, or with since.",
    extra: { first_event: since },
  })
}

/** Event types, `noun.past_participle`. Open: v1 may add some. */
export const eventTypes = [
  "message.sent",
  "message.failed",
  "message.delivered",
  "message.delivery_unknown",
  "message.deferred",
  "message.bounced",
  "message.complained",
  "message.received",
  "message.held",
  "message.cancelled",
  "message.queued",
  "message.flagged",
  "message.removed",
  "message.skipped",
  "mailbox.reset",
  "account.failed",
  "account.recovered",
  "account.lagging",
  "endpoint.failing",
  "endpoint.disabled",
  "endpoint.recovered",
  "event.undelivered",
  "suppression.created",
  "operation.finished",
  "webhook.ping",
] as const
export type EventType = (typeof eventTypes)[number]

/** Sent only where named: wildcards do not match them. */
export const namedOnlyTypes: ReadonlySet<EventType> = new Set(["message.queued", "message.flagged", "message.removed"])

/** What a use case announces. The log gives it its time. */
export interface NewEvent {
  /** Derived from what happened, so that a repeated run makes the same event. */
  id: string
  type: EventType
  account: string | null
  tenant: string | null
  test: boolean
  /** Sorts, as text, the events of one mailbox or one outbound message. */
  sequence: string
  mailbox?: string
  message?: string
  tags?: string[]
  /** The event's `data`, where small (up to 32 KB as JSON) … */
  data?: unknown
  /** … else the key of the content that holds it. */
  dataKey?: string
  /** Endpoint this event speaks of, which must not receive it. */
  about?: string
}

/** Body of `evt#<id>`: the event, with the time the log gave it. */
export interface EventRecord extends NewEvent {
  /** RFC 3339. */
  timestamp: string
}

/** The event as a webhook body and in `GET /v1/events`. */
export interface PublicEvent {
  id: string
  type: EventType
  timestamp: string
  api_version: "v1"
  account: string | null
  tenant: string | null
  test: boolean
  sequence: string
  data: unknown
  truncated: { pointer: string; bytes: number }[]
}

export const eventRecordId = (id: string): string => `evt#${id}`

import type { NewEvent } from "../event/event.ts"

export type BodyForm = "compact" | "full" | "metadata"

/** Settings of an endpoint as on the wire, without secrets. */
export interface EndpointSettings {
  url: string
  /** `message.received`, `message.*`, `*`. */
  types: string[]
  accounts: string[] | null
  tenants: string[] | null
  mailboxes: string[] | null
  tags: string[] | null
  body: BodyForm
  format: "standard" | "cloudevents"
  links: boolean
  max_in_flight: number
  ordered: boolean
  test: boolean
}

export type EndpointState = "enabled" | "failing" | "disabled"

/** Body of `ep#<id>`. */
export interface EndpointRecord {
  id: string
  created_at: string
  updated_at: string
  settings: EndpointSettings
  revision: number
  /** Sealed `whsec_…`, current first; older ones sign until `until` (milliseconds). */
  secrets: { sealed: string; until: number | null }[]
  /** Sealed values of extra headers by name. */
  headers: Record<string, string>
  state: EndpointState
  disabled_reason: string | null
  /** Since the last success. */
  consecutive_failures: number
  failing_since: string | null
  last_success_at: string | null
  /** Nothing is sent before; milliseconds (Retry-After, breaker). */
  pausedUntil: number
  api_version: "v1"
  /** Why the last try failed; null after a success. */
  last_error: { reason: string; detail: string; at: string } | null
  /** While disabled: events of the log from this time on (milliseconds) wait for it. */
  missed_from: number | null
  /** After enabling: what is still to be brought from the log, a position and a time (milliseconds, inclusive); `movedAt` is when a step was last made (milliseconds). */
  replay: { after: string; until: number; movedAt?: number } | null
  /** Events of the last changes of state, announced again when the run that made them was cut off. */
  announce: NewEvent[]
  /** Of the request that made it, where that may be repeated. */
  origin?: string
}

/** One try over HTTP, body of `att#<event>#<endpoint>#<n>`. */
export interface WebhookAttempt {
  event: string
  endpoint: string
  attempt: number
  trigger: "scheduled" | "manual" | "replay" | "test"
  at: string
  outcome: "delivered" | "failed"
  /** HTTP status, or null when none came. */
  status: number | null
  error: string | null
  /** First 4 KB of the answer. */
  response: string | null
  duration_ms: number
  next_attempt_at: string | null
}

export const endpointRecordId = (id: string): string => `ep#${id}`
export const attemptRecordId = (event: string, endpoint: string, n: number): string =>
  `att#${event}#${endpoint}#${String(n).padStart(4, "0")}`

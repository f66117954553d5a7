import { maxDelayMs } from "../ports/job-queue.ts"
import type { Applied } from "./apply-result.ts"
import type { Category, Recipient, RecipientStatus } from "./message.ts"
import { nextRetryAt, unknownRetryAt } from "./retry-schedule.ts"
import { settleStatus } from "./settle-status.ts"
import { isOpen, type Note, type OutboundState } from "./state.ts"

export interface PlanFacts {
  now: number
  /** A uniform number in [0, 1), for jitter. */
  fraction: number
}

/**
 * What comes after a run: settled, or due again within the lifetime. Recipients who may have got the mail and those who surely did
 * not have times of their own. The claim is given back.
 */
export function planNext(applied: Applied, facts: PlanFacts): OutboundState {
  const state = planUnknown({ ...applied.state, claim: null }, facts)
  const unknown = new Set(state.unknown)
  const rest = state.message.recipients.some((r, place) => isOpen(r) && !unknown.has(place))
  if (!rest || state.restDue !== null) return schedule(state, facts.now)
  if (applied.again) return schedule({ ...state, restDue: facts.now }, facts.now)
  const restDue = nextRetryAt({
    attempts: state.message.attempts,
    lifetimeEnd: state.lifetimeEnd,
    now: facts.now,
    category: applied.deferral?.category ?? null,
    quota: applied.deferral?.quota ?? false,
    fraction: facts.fraction,
  })
  if (restDue !== null) return schedule({ ...state, restDue }, facts.now)
  return schedule(closeSome(state, facts.now, { ...expired, only: (place) => !unknown.has(place) }), facts.now)
}

/**
 * The mail may be out (mail-rules I2): `at_most_once` rests, others are offered it again after 10 and 60 minutes, twice in all, then
 * rest too. Those who surely did not get it are not touched.
 */
function planUnknown(state: OutboundState, facts: PlanFacts): OutboundState {
  if (state.unknown.length === 0 || state.unknownDue !== null) return state
  const at = state.atMostOnce ? null : unknownRetryAt({ ...facts, resends: state.unknownResends })
  if (at === null || at >= state.lifetimeEnd) {
    const unknown = new Set(state.unknown)
    const end = { status: "delivery_unknown", category: null, only: (place: number) => unknown.has(place) } as const
    return closeSome(state, facts.now, end)
  }
  const message = { ...state.message, possible_duplicate: true }
  return { ...state, message, unknownDue: at, unknownResends: state.unknownResends + 1 }
}

/** After a run that died with its claim: those it was offering the mail to may have it, the others are tried soon. */
export function planAfterDeath(before: OutboundState, facts: PlanFacts): OutboundState {
  const offered = new Set([...(before.claim?.offered ?? []), ...before.unknown])
  const unknown = [...offered].filter((place) => {
    const recipient = before.message.recipients[place]
    return recipient !== undefined && isOpen(recipient)
  })
  const recipients = before.message.recipients.map((r, place) =>
    offered.has(place) && r.status === "queued" ? { ...r, status: "deferred" as const } : r,
  )
  const state: OutboundState = {
    ...before,
    claim: null,
    unknown,
    unknownDue: null,
    restDue: facts.now,
    message: { ...before.message, recipients },
  }
  return schedule(planUnknown(state, facts), facts.now)
}

/** Settles what has no open recipient; else the message is due when the first of them is. */
export function schedule(state: OutboundState, now: number): OutboundState {
  const unknown = new Set(state.unknown)
  const places = state.message.recipients.flatMap((r, place) => (isOpen(r) ? [place] : []))
  if (places.length === 0) return settle(state, now)
  const times = places.map((place) => (unknown.has(place) ? state.unknownDue : state.restDue) ?? now)
  return dueAt(state, Math.min(...times), now)
}

/** The lifetime is over: what is still open has failed. */
export function expire(state: OutboundState, now: number): OutboundState {
  return close(state, now, expired)
}

const expired = { status: "failed", category: "expired" } as const

/**
 * `cancel` and `hold` asked for during a run take effect on what it left open. What may be out for all we know cannot be called
 * cancelled, but it is not sent again.
 */
export function obeyPending(state: OutboundState, now: number): OutboundState {
  const { pending_action, attempts } = state.message
  if (pending_action === null || state.due === null) return state
  const message = { ...state.message, pending_action: null }
  if (pending_action === "cancel") {
    const unknown = new Set(state.unknown)
    const doubtful = {
      status: "delivery_unknown",
      category: null,
      only: (place: number) => unknown.has(place),
    } as const
    const without = unknown.size === 0 ? { ...state, message } : closeSome({ ...state, message }, now, doubtful)
    if (!without.message.recipients.some(isOpen)) return settle(without, now)
    return close(without, now, { status: "cancelled", category: null })
  }
  const note: Note = { type: "message.held", at: now, cause: `held-${attempts}`, affected: [] }
  return {
    ...state,
    due: null,
    announce: [...state.announce, note],
    message: { ...message, status: "held", waiting_for: null, next_attempt_at: null },
  }
}

interface End {
  status: Extract<RecipientStatus, "failed" | "delivery_unknown" | "cancelled">
  category: Category | null
}

/** Ends all open recipients with one status, tells of it, and settles. */
export function close(state: OutboundState, now: number, end: End): OutboundState {
  return settle(closeSome(state, now, { ...end, only: () => true }), now)
}

/** Ends some of the open recipients with one status and tells of it. */
function closeSome(state: OutboundState, now: number, end: End & { only(place: number): boolean }): OutboundState {
  const at = new Date(now).toISOString()
  const ends = (r: Recipient, place: number): boolean => isOpen(r) && end.only(place)
  const affected = state.message.recipients.flatMap((r, place) => (ends(r, place) ? [place] : []))
  const recipients = state.message.recipients.map((r, place): Recipient => {
    return ends(r, place) ? { ...r, status: end.status, category: end.category ?? r.category, at } : r
  })
  const note: Note = { type: eventOf[end.status], at: now, cause: `${end.status}-${state.message.attempts}`, affected }
  const gone = new Set(affected)
  return {
    ...state,
    unknown: state.unknown.filter((place) => !gone.has(place)),
    announce: [...state.announce, note],
    message: { ...state.message, recipients },
  }
}

const eventOf = {
  failed: "message.failed",
  cancelled: "message.cancelled",
  delivery_unknown: "message.delivery_unknown",
} as const

export function settle(state: OutboundState, now: number): OutboundState {
  const at = new Date(now).toISOString()
  const status = settleStatus(state.message.recipients)
  return {
    ...state,
    claim: null,
    due: null,
    unknown: [],
    unknownDue: null,
    restDue: null,
    message: {
      ...state.message,
      status,
      waiting_for: null,
      next_attempt_at: null,
      pending_action: null,
      settled_at: at,
      updated_at: at,
    },
  }
}

/** Waits up to 15 minutes ride on the queue, longer ones are found by the tick. */
export function dueAt(state: OutboundState, at: number, now: number): OutboundState {
  const deferred = state.message.recipients.some((r) => r.status === "deferred")
  return {
    ...state,
    due: at,
    wake: at - now <= maxDelayMs ? "queue" : "tick",
    message: {
      ...state.message,
      status: deferred ? "deferred" : "queued",
      next_attempt_at: new Date(at).toISOString(),
    },
  }
}

import { maxDelayMs } from "../ports/job-queue.ts"
import type { Applied } from "./apply-result.ts"
import type { Category, Recipient, RecipientStatus } from "./message.ts"
import { nextRetryAt, unknownRetryAt } from "./retry-schedule.ts"
import { settleStatus } from "./settle-status.ts"
import { isOpen, type OutboundState } from "./state.ts"

export interface PlanFacts {
  now: number
  /** A uniform number in [0, 1), for jitter. */
  fraction: number
  /** The route cannot be used before, milliseconds; 0 when it can. */
  routeReadyAt: number
}

/** What comes after an attempt: settled, or due again at a time within the lifetime. The claim is given back. */
export function planNext(applied: Applied, facts: PlanFacts): OutboundState {
  const state = { ...applied.state, claim: null }
  if (!state.message.recipients.some(isOpen)) return settle(state, facts.now)
  if (applied.unknown) return planUnknown(state, facts)
  if (applied.again) return dueAt(state, facts.now, facts.now)
  const at = nextRetryAt({
    attempts: state.message.attempts,
    lifetimeEnd: state.lifetimeEnd,
    now: facts.now,
    category: applied.deferral?.category ?? null,
    quota: applied.deferral?.quota ?? false,
    fraction: facts.fraction,
  })
  if (at === null) return expire(state, facts.now)
  return dueAt(state, Math.max(at, facts.routeReadyAt), facts.now)
}

/**
 * The mail may be out (mail-rules I2): `at_most_once` rests, others are sent again after 10 and 60 minutes, twice in all, then
 * rest too. Also for a run that died with its claim.
 */
export function planUnknown(before: OutboundState, facts: Pick<PlanFacts, "now" | "fraction">): OutboundState {
  const state = { ...before, claim: null }
  const at = state.atMostOnce ? null : unknownRetryAt({ ...facts, resends: state.unknownResends })
  if (at === null || at >= state.lifetimeEnd)
    return close(state, facts.now, { status: "delivery_unknown", category: null })
  const message = { ...state.message, possible_duplicate: true }
  return dueAt({ ...state, message, unknownResends: state.unknownResends + 1 }, at, facts.now)
}

/** The lifetime is over: what is still open has failed. */
export function expire(state: OutboundState, now: number): OutboundState {
  return close(state, now, { status: "failed", category: "expired" })
}

/**
 * `cancel` and `hold` asked for during a run take effect on what it left open. What may be out for all we know cannot be called
 * cancelled, but it is not sent again.
 */
export function obeyPending(state: OutboundState, facts: { now: number; unknown: boolean }): OutboundState {
  const { pending_action, attempts } = state.message
  if (pending_action === null || state.due === null) return state
  const message = { ...state.message, pending_action: null }
  if (pending_action === "cancel") {
    const status = facts.unknown ? "delivery_unknown" : "cancelled"
    return close({ ...state, message }, facts.now, { status, category: null })
  }
  const note = { type: "message.held" as const, at: facts.now, cause: `held-${attempts}`, affected: [] }
  return {
    ...state,
    due: null,
    announce: [...state.announce, note],
    message: { ...message, status: "held", waiting_for: null, next_attempt_at: null },
  }
}

/** Ends all open recipients with one status and tells of it. */
export function close(
  state: OutboundState,
  now: number,
  end: { status: Extract<RecipientStatus, "failed" | "delivery_unknown" | "cancelled">; category: Category | null },
): OutboundState {
  const at = new Date(now).toISOString()
  const affected = state.message.recipients.flatMap((r, place) => (isOpen(r) ? [place] : []))
  const recipients = state.message.recipients.map((r): Recipient => {
    return isOpen(r) ? { ...r, status: end.status, category: end.category ?? r.category, at } : r
  })
  const type =
    end.status === "failed"
      ? "message.failed"
      : end.status === "cancelled"
        ? "message.cancelled"
        : "message.delivery_unknown"
  const note = { type, at: now, cause: `${end.status}-${state.message.attempts}`, affected } as const
  return settle({ ...state, announce: [...state.announce, note], message: { ...state.message, recipients } }, now)
}

export function settle(state: OutboundState, now: number): OutboundState {
  const at = new Date(now).toISOString()
  const status = settleStatus(state.message.recipients)
  return {
    ...state,
    claim: null,
    due: null,
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

import type { Actor } from "../key/key.ts"
import { type Changed, changeMessage, conflict, type VerbPorts } from "./change-message.ts"
import type { OutboundStatus } from "./message.ts"
import { lifetimeMs } from "./new-state.ts"
import type { OutboundState } from "./state.ts"

const allowed: OutboundStatus[] = ["deferred", "failed", "partially_sent", "delivery_unknown"]

/**
 * Tries a message now: a deferred one brings its next attempt forward; a settled one starts anew, with a new lifetime, for the
 * recipients that were not taken over.
 * @throws RelayError `state_conflict`, `not_found`.
 */
export function retryMessage(ports: VerbPorts, actor: Actor, id: string): Promise<Changed> {
  return changeMessage(ports, actor, { id, decide })
}

function decide(state: OutboundState, now: number): OutboundState | undefined {
  if (!allowed.includes(state.message.status)) conflict(state, allowed, "retried")
  if (state.claim !== null) return undefined
  const at = new Date(now).toISOString()
  if (state.message.status === "deferred") {
    const doubtful = state.unknown.length === 0 ? null : now
    return {
      ...state,
      due: now,
      restDue: now,
      unknownDue: doubtful,
      wake: "tick",
      message: { ...state.message, next_attempt_at: at, updated_at: at },
    }
  }
  const recipients = state.message.recipients.map((r) =>
    r.status === "failed" || r.status === "delivery_unknown"
      ? { ...r, status: "queued" as const, category: null, code: null, enhanced_code: null, response: null, at }
      : r,
  )
  return {
    ...state,
    due: now,
    wake: "tick",
    lifetimeStart: now,
    lifetimeEnd: now + lifetimeMs,
    unknown: [],
    unknownDue: null,
    restDue: now,
    unknownResends: 0,
    message: {
      ...state.message,
      recipients,
      status: "queued",
      settled_at: null,
      next_attempt_at: at,
      expires_at: new Date(now + lifetimeMs).toISOString(),
      updated_at: at,
    },
  }
}

import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import { type Changed, changeMessage, conflict, type VerbPorts } from "./change-message.ts"
import { lifetimeMs } from "./new-state.ts"
import { schedule } from "./plan-next.ts"
import type { OutboundState } from "./state.ts"

/** Held longer than this before any attempt, a mail bears the Date of its release (mail-rules G6). */
const staleDateMs = 60 * 60_000

/**
 * Lets a held message go: now, or at its `scheduled_at`. The time it was held does not count towards its lifetime.
 * @throws RelayError `state_conflict`, `not_found`; `exceeds_own_rights` for a key whose own mail is held until another one lets it go.
 */
export async function releaseMessage(ports: VerbPorts, actor: Actor, id: string): Promise<Changed> {
  if (actor.settings.hold) {
    throw new RelayError("exceeds_own_rights", "This key's mail is held, so it cannot release mail.", {
      fix: "Release it with another key.",
    })
  }
  return changeMessage(ports, actor, { id, decide })
}

function decide(state: OutboundState, now: number): OutboundState | undefined {
  const { message } = state
  if (message.status !== "held") conflict(state, ["held"], "released")
  const at = message.scheduled_at === null ? now : Math.max(now, Date.parse(message.scheduled_at))
  const lifetimeEnd = lifetimeEndOf(state, at)
  const untried = message.attempts === 0
  const stale = untried && at - Date.parse(message.created_at) > staleDateMs
  const next = schedule({ ...state, restDue: at, lifetimeEnd, date: stale ? at : state.date }, now)
  return {
    ...next,
    wake: "tick",
    message: {
      ...next.message,
      status: untried && at > now ? "scheduled" : next.message.status,
      expires_at: new Date(lifetimeEnd).toISOString(),
      updated_at: new Date(now).toISOString(),
    },
  }
}

/** A lifetime of the caller's own (`expires_at`) stands; the usual one begins anew. */
function lifetimeEndOf(state: OutboundState, from: number): number {
  const usual = state.lifetimeEnd - state.lifetimeStart === lifetimeMs
  return usual ? Math.max(state.lifetimeEnd, from + lifetimeMs) : state.lifetimeEnd
}

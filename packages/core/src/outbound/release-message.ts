import type { Actor } from "../key/key.ts"
import { type Changed, changeMessage, conflict, type VerbPorts } from "./change-message.ts"
import type { OutboundState } from "./state.ts"

/**
 * Lets a held message go: now, or at its `scheduled_at`.
 * @throws RelayError `state_conflict`, `not_found`.
 */
export function releaseMessage(ports: VerbPorts, actor: Actor, id: string): Promise<Changed> {
  return changeMessage(ports, actor, { id, decide })
}

function decide(state: OutboundState, now: number): OutboundState | undefined {
  const { message } = state
  if (message.status !== "held") conflict(state, ["held"], "released")
  const at = new Date(now).toISOString()
  const due = message.scheduled_at === null ? now : Math.max(now, Date.parse(message.scheduled_at))
  const tried = message.recipients.some((r) => r.status === "deferred")
  return {
    ...state,
    due,
    wake: "tick",
    message: {
      ...message,
      status: due > now ? "scheduled" : tried ? "deferred" : "queued",
      next_attempt_at: new Date(due).toISOString(),
      updated_at: at,
    },
  }
}

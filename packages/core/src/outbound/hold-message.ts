import type { Actor } from "../key/key.ts"
import { type Changed, changeMessage, conflict, type VerbPorts } from "./change-message.ts"
import type { OutboundStatus } from "./message.ts"
import type { OutboundState } from "./state.ts"

const allowed: OutboundStatus[] = ["scheduled", "held", "deferred", "queued"]

/**
 * Keeps a message back until `release`. While an attempt runs it is only asked for (`asked`).
 * @throws RelayError `state_conflict`, `not_found`.
 */
export function holdMessage(ports: VerbPorts, actor: Actor, id: string): Promise<Changed> {
  return changeMessage(ports, actor, { id, decide })
}

function decide(state: OutboundState, now: number): OutboundState | undefined {
  const { message } = state
  if (!allowed.includes(message.status)) conflict(state, allowed, "held")
  if (message.status === "held") return undefined
  if (state.claim !== null) {
    // Whoever asked to cancel was answered that it is asked for; holding back is less than that.
    if (message.pending_action !== null) return undefined
    return { ...state, message: { ...message, pending_action: "hold" } }
  }
  const at = new Date(now).toISOString()
  const note = { type: "message.held" as const, at: now, cause: `verb-hold-${at}`, affected: [] }
  return {
    ...state,
    due: null,
    announce: [...state.announce, note],
    message: { ...message, status: "held", waiting_for: null, next_attempt_at: null, updated_at: at },
  }
}

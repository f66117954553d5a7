import type { Actor } from "../key/key.ts"
import { type Changed, changeMessage, conflict, type VerbPorts } from "./change-message.ts"
import type { OutboundStatus } from "./message.ts"
import { settle } from "./plan-next.ts"
import { isOpen, type OutboundState } from "./state.ts"

const allowed: OutboundStatus[] = ["scheduled", "held", "deferred", "queued", "cancelled"]

/**
 * Takes back what was not taken over. While an attempt runs it is only asked for (`asked`), and the attempt may win.
 * @throws RelayError `state_conflict`, `not_found`.
 */
export function cancelMessage(ports: VerbPorts, actor: Actor, id: string): Promise<Changed> {
  return changeMessage(ports, actor, { id, decide })
}

function decide(state: OutboundState, now: number): OutboundState | undefined {
  const { message } = state
  if (message.status === "cancelled") return undefined
  if (!allowed.includes(message.status)) conflict(state, allowed, "cancelled")
  if (state.claim !== null) {
    return { ...state, message: { ...message, pending_action: "cancel" } }
  }
  const at = new Date(now).toISOString()
  const affected = message.recipients.flatMap((r, place) => (isOpen(r) ? [place] : []))
  const recipients = message.recipients.map((r) => (isOpen(r) ? { ...r, status: "cancelled" as const, at } : r))
  const note = { type: "message.cancelled" as const, at: now, cause: `verb-cancel-${message.attempts}`, affected }
  return settle({ ...state, announce: [...state.announce, note], message: { ...message, recipients } }, now)
}

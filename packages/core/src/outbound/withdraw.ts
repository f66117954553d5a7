import { close } from "./plan-next.ts"
import { isResting, type OutboundState } from "./state.ts"

/**
 * The change that takes back a message whose account is gone: cancelled at once, also while held, or asked of the run that is
 * sending it. For writeState.
 */
export function withdraw(now: number): (current: OutboundState) => OutboundState | undefined {
  return (current) => {
    const { message, claim } = current
    if (isResting(message.status) && message.status !== "held") return undefined
    if (claim === null) return close(current, now, { status: "cancelled", category: null })
    if (message.pending_action === "cancel") return undefined
    return { ...current, message: { ...message, pending_action: "cancel" } }
  }
}

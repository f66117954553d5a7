import type { DeliverPorts } from "./deliver-message.ts"
import { close, obeyPending, schedule } from "./plan-next.ts"
import type { Run } from "./run-transactions.ts"
import { dueRecipients, isOpen, type OutboundState } from "./state.ts"
import { isOurs } from "./write-outcome.ts"
import { insistOnState } from "./write-state.ts"

/**
 * Ends a run that left recipients untried: the claim goes back and they are due again after about `waitMs`. The tick wakes them, so
 * that no number of failures buries the job; the message's lifetime is the end of it.
 */
export async function giveBack(ports: DeliverPorts, run: Run, waitMs: number): Promise<OutboundState> {
  const again = Math.round(waitMs * (1 + ports.ids.fraction()))
  const written = await insistOnState(ports, run.state.message.id, (current) => {
    if (!isOurs(current, run)) return undefined
    const now = ports.clock.now()
    const missed = new Set(dueRecipients(current, now))
    const unknownMissed = current.unknown.some((place) => missed.has(place))
    const state: OutboundState = {
      ...current,
      claim: null,
      restDue: current.restDue === null || current.restDue <= now ? now + again : current.restDue,
      unknownDue: unknownMissed ? now + again : current.unknownDue,
    }
    const planned = obeyPending(schedule(state, now), now)
    return planned.due === null ? planned : { ...planned, wake: "tick" }
  })
  return written ?? run.state
}

/** The content is gone, or makes no mail: trying again would not help. */
export async function failContent(ports: DeliverPorts, run: Run, error: unknown): Promise<OutboundState> {
  ports.log.error("deliver.no_content", { message: run.state.message.id }, error)
  const written = await insistOnState(ports, run.state.message.id, (current) =>
    isOurs(current, run) ? close(current, ports.clock.now(), { status: "failed", category: "content" }) : undefined,
  )
  return written ?? run.state
}

/** A copy in the Sent mailbox proves that those of unknown outcome were taken over. The claim stays with the run. */
export async function settleFound(ports: DeliverPorts, run: Run): Promise<OutboundState> {
  const written = await insistOnState(ports, run.state.message.id, (current) => {
    if (!isOurs(current, run)) return undefined
    const now = ports.clock.now()
    const at = new Date(now).toISOString()
    const found = new Set(current.unknown)
    const recipients = current.message.recipients.map((r, place) =>
      found.has(place) && isOpen(r)
        ? { ...r, status: "sent" as const, category: null, response: "found in the Sent mailbox", at }
        : r,
    )
    const cause = `found-${current.message.attempts}`
    const note = { type: "message.sent" as const, at: now, cause, affected: [...found] }
    return {
      ...current,
      unknown: [],
      unknownDue: null,
      announce: [...current.announce, note],
      message: { ...current.message, recipients },
    }
  })
  return written ?? run.state
}

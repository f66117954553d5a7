import type { SendResult } from "../ports/mail-sender.ts"
import { type Applied, applyResult } from "./apply-result.ts"
import type { DeliverPorts } from "./deliver-message.ts"
import { obeyPending, planNext, settle } from "./plan-next.ts"
import type { Run } from "./run-transactions.ts"
import { isOpen, type OutboundState } from "./state.ts"
import { sinkReports } from "./test-sink.ts"
import { insistOnState } from "./write-state.ts"

interface Outcome {
  /** `state`: as it was written last by this run. */
  run: Run
  result: SendResult
  startedAt: number
  /** No transaction follows in this run. */
  last: boolean
  /** Places of the transaction that follows. */
  next: number[]
}

/**
 * Puts the outcome of a transaction onto whatever stands by now: a verb may have asked for something meanwhile, another run may hold
 * a claim. A verb ends the run. Insists, because a mail that was taken and forgotten is sent twice.
 */
export async function writeOutcome(ports: DeliverPorts, outcome: Outcome): Promise<OutboundState> {
  const { run, result, startedAt, last } = outcome
  const fraction = ports.ids.fraction()
  const written = await insistOnState(ports, run.state.message.id, (current) => {
    if (isWritten(current, outcome)) return undefined
    const now = ports.clock.now()
    const applied = applyResult(current, { route: run.route, result, startedAt, now })
    if (!isOurs(current, run)) return afterOthers(applied, now)
    if (!last && current.message.pending_action === null) return goOn(applied.state, outcome.next)
    return sinkReports(obeyPending(planNext(applied, { now, fraction }), now), now)
  })
  return written ?? run.state
}

/** The claim names who is offered the mail next, before it is. */
function goOn(state: OutboundState, offered: number[]): OutboundState {
  return state.claim === null ? state : { ...state, claim: { ...state.claim, offered } }
}

/** The run still holds its claim. */
export function isOurs(current: OutboundState, run: Pick<Run, "context">): boolean {
  return current.claim?.run === run.context.run
}

/** A first write may have taken effect without an answer. */
function isWritten(current: OutboundState, { run, startedAt }: Outcome): boolean {
  const number = run.state.message.attempts + 1
  const at = new Date(startedAt).toISOString()
  return current.attempts.some((attempt) => attempt.number === number && attempt.at === at)
}

/** Another run took over meanwhile: what was learnt stays, its claim too. */
function afterOthers(applied: Applied, now: number): OutboundState {
  const { state } = applied
  if (state.claim !== null) return state
  return state.message.recipients.some(isOpen) ? state : settle(state, now)
}

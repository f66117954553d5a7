import { RelayError } from "../error/relay-error.ts"
import { announceEvents } from "../event/announce-events.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { findOutbound, noSuchMessage } from "./find-message.ts"
import type { OutboundMessage, OutboundStatus } from "./message.ts"
import { toEvent } from "./outbound-event.ts"
import type { OutboundState } from "./state.ts"
import { writeState } from "./write-state.ts"

export type VerbPorts = Pick<Ports, "records" | "jobs" | "content" | "clock" | "eventClock" | "ids" | "limits">

export interface Changed {
  message: OutboundMessage
  /** A running attempt may win: the change is asked for, not certain (202). */
  asked: boolean
}

/**
 * Runs a verb on a message: unclaimed, it is written by version and certain; while an attempt runs, the verb leaves a
 * `pending_action` for the worker. A lost race reads and decides again. Events and the job follow the write.
 */
export async function changeMessage(
  ports: VerbPorts,
  actor: Actor,
  request: { id: string; decide: (state: OutboundState, now: number) => OutboundState | undefined },
): Promise<Changed> {
  await findOutbound(ports, actor, request.id)
  const state = await writeState(ports, request.id, (current) => request.decide(current, ports.clock.now()))
  if (state === undefined) throw noSuchMessage(request.id)
  const fresh = state.announce.filter((note) => note.cause.startsWith("verb-"))
  if (fresh.length > 0) {
    const events = []
    for (const note of fresh) events.push(await toEvent(ports, state, note))
    await announceEvents(ports, events)
  }
  if (state.message.status === "queued" || state.message.status === "deferred") await wakeNow(ports, state)
  return { message: state.message, asked: state.message.pending_action !== null }
}

async function wakeNow(ports: VerbPorts, state: OutboundState): Promise<void> {
  if (state.claim !== null || (state.due !== null && state.due > ports.clock.now())) return
  const { id, account } = state.message
  await ports.jobs.send([{ job: { type: "deliver_message.v1", message: id }, group: account }])
}

/** @returns never; the status does not allow the verb. */
export function conflict(state: OutboundState, allowed: OutboundStatus[], verb: string): never {
  const { status } = state.message
  throw new RelayError("state_conflict", `A message that is ${status} cannot be ${verb}.`, {
    fix: `Allowed while it is: ${allowed.join(", ")}.`,
    extra: { current: status, allowed },
  })
}

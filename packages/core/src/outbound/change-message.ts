import { RelayError } from "../error/relay-error.ts"
import { announceEvents } from "../event/announce-events.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { findOutbound, noSuchMessage } from "./find-message.ts"
import type { OutboundMessage, OutboundStatus } from "./message.ts"
import { toEvent } from "./outbound-event.ts"
import { isOfVerb, isWokenByTick, type OutboundState } from "./state.ts"
import { writeState } from "./write-state.ts"

export type VerbPorts = Pick<Ports, "records" | "jobs" | "content" | "clock" | "eventClock" | "ids" | "limits" | "log">

export interface Changed {
  message: OutboundMessage
  /** A running attempt may win: the change is asked for, not certain (202). */
  asked: boolean
}

/**
 * Runs a verb on a message: unclaimed, it is written by version and certain; while an attempt runs, the verb leaves a
 * `pending_action` for the worker. A lost race reads and decides again. Events and the job follow the write; cut off before them,
 * a repeat of the verb tells the events, and the tick sends the job.
 */
export async function changeMessage(
  ports: VerbPorts,
  actor: Actor,
  request: { id: string; decide: (state: OutboundState, now: number) => OutboundState | undefined },
): Promise<Changed> {
  const found = await findOutbound(ports, actor, request.id)
  const state = await writeState(ports, request.id, (current) => request.decide(current, ports.clock.now())).catch(
    async (error: unknown) => {
      // A verb that is refused may be the repeat of one that did its work and was cut off before it told of it.
      await tell(ports, found)
      throw error
    },
  )
  if (state === undefined) throw noSuchMessage(request.id)
  await tell(ports, state)
  if (state.message.status === "queued" || state.message.status === "deferred") await wakeNow(ports, state)
  return { message: state.message, asked: state.message.pending_action !== null }
}

/** Announces what verbs did, then takes it off the record, so that the message's own job need not tell it again. */
async function tell(ports: VerbPorts, state: OutboundState): Promise<void> {
  const fresh = state.announce.filter(isOfVerb)
  if (fresh.length === 0) return
  const events = []
  for (const note of fresh) events.push(await toEvent(ports, state, note))
  await announceEvents(ports, events)
  const told = new Set(fresh.map(({ cause }) => cause))
  await writeState(ports, state.message.id, (current) => {
    const announce = current.announce.filter(({ cause }) => !told.has(cause))
    return announce.length === current.announce.length ? undefined : { ...current, announce }
  })
}

async function wakeNow(ports: VerbPorts, state: OutboundState): Promise<void> {
  if (state.claim !== null || (state.due !== null && state.due > ports.clock.now())) return
  const { id, account } = state.message
  try {
    await ports.jobs.send([{ job: { type: "deliver_message.v1", message: id }, group: account }])
  } catch (error) {
    if (!isWokenByTick(state)) throw error
    ports.log.warn("verb.queue_down", { message: id }, error)
  }
}

/** @returns never; the status does not allow the verb. */
export function conflict(state: OutboundState, allowed: OutboundStatus[], verb: string): never {
  const { status } = state.message
  throw new RelayError("state_conflict", `A message that is ${status} cannot be ${verb}.`, {
    fix: `Allowed while it is: ${allowed.join(", ")}.`,
    extra: { current: status, allowed },
  })
}

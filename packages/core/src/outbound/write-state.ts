import type { Ports } from "../ports/ports.ts"
import type { Json } from "../ports/record-store.ts"
import { updateRecord } from "../record/update-record.ts"
import { packOutbound, unpackOutbound } from "./pack-record.ts"
import { type OutboundState, outboundRecordId } from "./state.ts"

/** Notes are kept for runs that repeat a job, also after a relay that stood still for days. A record holds this many at most. */
const keepNotesMs = 14 * 24 * 60 * 60_000
const maxNotes = 100

/**
 * Reads a message, lets `change` decide and writes by version; a lost race decides again on what stands then.
 * Undefined from `change` leaves it alone. Answers the state afterwards, or undefined when the message is gone.
 */
export async function writeState(
  ports: Pick<Ports, "records" | "clock" | "limits">,
  id: string,
  change: (current: OutboundState) => OutboundState | undefined,
): Promise<OutboundState | undefined> {
  const written = await updateRecord<Json>(ports.records, outboundRecordId(id), (record) => {
    const next = change(unpackOutbound(record))
    if (next === undefined) return undefined
    const since = ports.clock.now() - keepNotesMs
    return packOutbound(
      { ...next, announce: next.announce.filter((note) => note.at >= since).slice(-maxNotes) },
      expiryOf(ports, next),
    )
  })
  return written === undefined ? undefined : unpackOutbound(written)
}

const firstWaitMs = 200
const longestWaitMs = 30_000
/** About two minutes in all. */
const maxTries = 11

/**
 * As writeState, tried again while the store fails: for what must not be forgotten, such as that a server took the mail. A
 * write may have taken effect though its answer was lost, so `change` must leave alone what it made itself.
 */
export async function insistOnState(
  ports: Pick<Ports, "records" | "clock" | "limits" | "ids">,
  id: string,
  change: (current: OutboundState) => OutboundState | undefined,
): Promise<OutboundState | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await writeState(ports, id, change)
    } catch (error) {
      // Whatever the fault is: the claim keeps others away meanwhile, and nobody else knows what is to be written.
      if (tries >= maxTries) throw error
      const waitMs = Math.min(firstWaitMs * 2 ** (tries - 1), longestWaitMs)
      await ports.clock.sleep(Math.round(waitMs * (0.5 + ports.ids.fraction() / 2)))
    }
  }
}

/** A message that waits never expires before its wait ends. */
export function expiryOf(ports: Pick<Ports, "clock" | "limits">, state: OutboundState): number | undefined {
  const keep = ports.limits.keepMessagesMs
  return keep === null ? undefined : Math.max(ports.clock.now(), state.due ?? 0, state.lifetimeEnd) + keep
}

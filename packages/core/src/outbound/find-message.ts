import { RelayError } from "../error/relay-error.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { unpackOutbound } from "./pack-record.ts"
import { type OutboundState, outboundRecordId } from "./state.ts"

/**
 * Reads an outbound message for an actor. A key with `messages:send` alone sees what it sent.
 * @throws RelayError `not_found`, the same for a message of somebody else's.
 */
export async function findOutbound(ports: Pick<Ports, "records">, actor: Actor, id: string): Promise<OutboundState> {
  const record = await ports.records.get(outboundRecordId(id))
  if (record === undefined) throw noSuchMessage(id)
  const state = unpackOutbound(record)
  const hidden = actor.settings.test && !state.message.test
  if (hidden || !canSee(actor, state.message) || !mayRead(actor, state.keyId)) throw noSuchMessage(id)
  return state
}

function mayRead(actor: Actor, sentBy: string): boolean {
  const { scopes } = actor.settings
  if (scopes.some((s) => s === "*" || s === "messages:read" || s === "messages:manage")) return true
  return actor.keyId === sentBy
}

export function noSuchMessage(id: string): RelayError {
  return new RelayError("not_found", `There is no message ${id}.`, {
    fix: "Check the id; messages are kept for the retention time of this server.",
  })
}

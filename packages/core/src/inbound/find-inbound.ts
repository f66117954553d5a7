import { RelayError } from "../error/relay-error.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { type InboundRecord, inboundRecordId } from "./message.ts"

/**
 * Reads the record of a received message for an actor.
 * @throws RelayError `not_found`, the same for a message of somebody else's; `erased`.
 */
export async function findInbound(ports: Pick<Ports, "records">, actor: Actor, id: string): Promise<InboundRecord> {
  const record = await ports.records.get<InboundRecord>(inboundRecordId(id))
  if (record === undefined || actor.settings.test || !canSee(actor, record.body.summary)) {
    throw new RelayError("not_found", `There is no message ${id}.`, {
      fix: "Check the id; messages are kept for the retention time of this server.",
    })
  }
  if (record.body.erased === true) throw new RelayError("erased", `The message ${id} was erased.`)
  return record.body
}

/** The content of a message whose record is there may be past its retention, or never was taken. */
export function contentGone(id: string, what: string): RelayError {
  return new RelayError("erased", `The ${what} of the message ${id} is not there any more, or was never taken.`, {
    fix: "See `raw_url` and `parse.status` of the message.",
  })
}

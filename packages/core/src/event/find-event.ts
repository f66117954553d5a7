import { RelayError } from "../error/relay-error.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { type EventRecord, eventRecordId } from "./event.ts"

/** An event of the log, as far as the actor may see it. @throws RelayError `not_found`, also when it is past retention. */
export async function findEvent(ports: Pick<Ports, "records">, actor: Actor, id: string): Promise<EventRecord> {
  const event = (await ports.records.get<EventRecord>(eventRecordId(id)))?.body
  const visible = event !== undefined && canSee(actor, event) && (event.test || !actor.settings.test)
  if (!visible) throw new RelayError("not_found", `There is no event ${id}.`)
  return event
}

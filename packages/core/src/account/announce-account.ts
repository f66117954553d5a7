import { type AnnouncePorts, announceEvents } from "../event/announce-events.ts"
import type { NewEvent } from "../event/event.ts"
import type { Ports } from "../ports/ports.ts"
import { type AccountNote, type AccountRecord, accountRecordId } from "./account.ts"
import { showAccount } from "./show-account.ts"

type NotePorts = AnnouncePorts & Pick<Ports, "clock">

/** Longer than any redelivery of a job takes. */
const repeatMs = 60 * 60_000

/**
 * Tells again what was lately told of an account, for a job that was received before: its first run may have died between the record
 * and the event. Telling it twice is no second event.
 */
export async function announceAccount(ports: NotePorts, account: string): Promise<void> {
  const stored = await ports.records.get<AccountRecord>(accountRecordId(account))
  const since = ports.clock.now() - repeatMs
  const notes = stored?.body.announce?.filter(({ at }) => at >= since) ?? []
  if (stored !== undefined) await announceNotes(ports, stored.body, notes)
}

/** Announces changes of an account that stand in its record. */
export async function announceNotes(
  ports: NotePorts,
  account: AccountRecord,
  notes: readonly AccountNote[],
): Promise<void> {
  await announceEvents(
    ports,
    notes.map((note) => eventOf(ports, account, note)),
  )
}

function eventOf(ports: NotePorts, account: AccountRecord, { type, part, at }: AccountNote): NewEvent {
  return {
    id: ports.ids.derive("evt", "account", account.id, account.incarnation, part, type, String(at)),
    type,
    account: account.id,
    tenant: account.settings.tenant,
    test: false,
    sequence: new Date(at).toISOString(),
    data: showAccount(account, ports.clock.now()),
  }
}

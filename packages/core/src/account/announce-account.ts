import { type AnnouncePorts, announceEvents } from "../event/announce-events.ts"
import type { NewEvent } from "../event/event.ts"
import type { Ports } from "../ports/ports.ts"
import { updateRecord } from "../record/update-record.ts"
import { type AccountNote, type AccountRecord, accountRecordId } from "./account.ts"
import { showAccount } from "./show-account.ts"

type NotePorts = AnnouncePorts & Pick<Ports, "clock">

/**
 * Tells what stands in an account's record and was not told, for a job that was received before: its first run may have died between
 * the record and the event, however long ago.
 */
export async function announceAccount(ports: NotePorts, account: string): Promise<void> {
  const stored = await ports.records.get<AccountRecord>(accountRecordId(account))
  if (stored !== undefined) await announceNotes(ports, stored.body, stored.body.announce ?? [])
}

/** Announces changes of an account that stand in its record, then takes them off it. Telling one twice is no second event. */
export async function announceNotes(
  ports: NotePorts,
  account: AccountRecord,
  notes: readonly AccountNote[],
): Promise<void> {
  if (notes.length === 0) return
  await announceEvents(
    ports,
    notes.map((note) => eventOf(ports, account, note)),
  )
  const told = new Set(notes.map(keyOf))
  await updateRecord<AccountRecord>(ports.records, accountRecordId(account.id), (current) => {
    const { announce = [], ...body } = current.body
    const left = announce.filter((note) => !told.has(keyOf(note)))
    if (left.length === announce.length) return undefined
    return { ...current, body: left.length === 0 ? body : { ...body, announce: left } }
  })
}

const keyOf = ({ type, part, at }: AccountNote): string => `${type} ${part} ${at}`

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

import type { Ids } from "../ports/ids.ts"
import type { RecordStore } from "../ports/record-store.ts"
import { messageParts } from "../record/message-index.ts"
import { type LedgerOwner, readLedger } from "./ledger.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import type { InboundRecord } from "./message.ts"
import { messageKey } from "./message-key.ts"

/** Indexes may lag, and clocks of workers differ. */
const slackMs = 60_000
const pageSize = 100
const maxRecords = 2000

export interface KnownMails {
  entries: LedgerEntry[]
  overflowed: boolean
}

/** The ledger, completed by the mails that were stored after it was last written (mail-rules A5). */
export async function knownMails(
  ports: { records: RecordStore; ids: Pick<Ids, "digest"> },
  owner: LedgerOwner,
): Promise<KnownMails> {
  const { entries, writtenAt, overflowed } = await readLedger(ports.records, owner)
  const ids = new Set(entries.map((one) => one.id))
  const from = new Date(Math.max(0, writtenAt - slackMs)).toISOString()
  const later: LedgerEntry[] = []
  let after: string | undefined
  for (let looked = 0; looked < maxRecords; looked += pageSize) {
    const page = await ports.records.query<InboundRecord>("owner", messageParts.account(owner.id), {
      from,
      limit: pageSize,
      order: "asc",
      ...(after === undefined ? {} : { after }),
    })
    for (const { id, body } of page.records) {
      if (!id.startsWith("in#") || body.erased === true || ids.has(body.summary.id)) continue
      if (body.summary.source === "imap") later.push(entryOf(ports.ids, body))
    }
    after = page.next
    if (after === undefined) break
  }
  return { entries: [...entries, ...later], overflowed }
}

function entryOf(ids: Pick<Ids, "digest">, { summary }: InboundRecord): LedgerEntry {
  return {
    id: summary.id,
    mailbox: summary.mailbox,
    uid: summary.uid ?? 0,
    key: messageKey(ids, { messageId: summary.message_id, headerHash: "" }),
    date: Date.parse(summary.received_at),
    size: summary.size,
    emailId: null,
  }
}

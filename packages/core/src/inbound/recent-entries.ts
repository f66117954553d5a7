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

interface EntryPorts {
  records: RecordStore
  ids: Pick<Ids, "digest">
}

export interface KnownMails {
  entries: LedgerEntry[]
  overflowed: boolean
}

/** The ledger, completed by the mails that were stored after it was last written (mail-rules A5). */
export async function knownMails(ports: EntryPorts, owner: LedgerOwner): Promise<KnownMails> {
  const { entries, writtenAt, overflowed } = await readLedger(ports.records, owner)
  const ids = new Set(entries.map((one) => one.id))
  const stored = await storedSince(ports.records, owner.id, writtenAt - slackMs)
  const later = stored.filter(({ summary }) => summary.source === "imap" && !ids.has(summary.id))
  return { entries: [...entries, ...later.map((one) => entryOf(ports.ids, one))], overflowed }
}

/** Received mails of the account whose records were written since then, oldest first, at most 2,000. */
export async function storedSince(
  records: Pick<RecordStore, "query">,
  account: string,
  since: number,
): Promise<InboundRecord[]> {
  const from = new Date(Math.max(0, since)).toISOString()
  const found: InboundRecord[] = []
  let after: string | undefined
  for (let looked = 0; looked < maxRecords; looked += pageSize) {
    const page = await records.query<InboundRecord>("owner", messageParts.account(account), {
      from,
      limit: pageSize,
      order: "asc",
      ...(after === undefined ? {} : { after }),
    })
    found.push(
      ...page.records.filter(({ id, body }) => id.startsWith("in#") && body.erased !== true).map(({ body }) => body),
    )
    after = page.next
    if (after === undefined) break
  }
  return found
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

import type { Ids } from "../ports/ids.ts"
import type { RecordStore } from "../ports/record-store.ts"
import { messageParts } from "../record/message-index.ts"
import { type LedgerContent, type LedgerOwner, readLedger } from "./ledger.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import type { InboundRecord } from "./message.ts"
import { messageKey } from "./message-key.ts"

/** Indexes may lag, and clocks of workers differ. */
const slackMs = 60_000
const pageSize = 100
const maxFound = 2000
const maxLooked = 50_000

interface EntryPorts {
  records: RecordStore
  ids: Pick<Ids, "digest">
}

export interface KnownMails extends Pick<LedgerContent, "overflowed" | "forgotten"> {
  entries: LedgerEntry[]
}

/** The ledger, completed by the mails that were stored after it was last written (mail-rules A5). */
export async function knownMails(ports: EntryPorts, owner: LedgerOwner): Promise<KnownMails> {
  const { entries, writtenAt, overflowed, forgotten } = await readLedger(ports.records, owner)
  const ids = new Set(entries.map((one) => one.id))
  const stored = await storedSince(ports.records, owner, writtenAt - slackMs)
  const later = stored.filter(({ summary }) => summary.source === "imap" && !ids.has(summary.id))
  return { entries: [...entries, ...later.map((one) => entryOf(ports.ids, one))], overflowed, forgotten }
}

/**
 * Received mails of this life of the account whose records were written since then, newest first, at most 2,000. Mail that was sent
 * stands in the same index: it is passed over, however much there is within reason.
 */
export async function storedSince(
  records: Pick<RecordStore, "query">,
  owner: LedgerOwner,
  since: number,
): Promise<InboundRecord[]> {
  const from = new Date(Math.max(0, since)).toISOString()
  const found: InboundRecord[] = []
  let after: string | undefined
  for (let looked = 0; looked < maxLooked && found.length < maxFound; looked += pageSize) {
    const page = await records.query<InboundRecord>("owner", messageParts.account(owner.id), {
      from,
      limit: pageSize,
      order: "desc",
      ...(after === undefined ? {} : { after }),
    })
    const received = page.records.filter(({ id, body }) => {
      return id.startsWith("in#") && body.erased !== true && body.incarnation === owner.incarnation
    })
    found.push(...received.map(({ body }) => body))
    after = page.next
    if (after === undefined) break
  }
  return found.slice(0, maxFound)
}

function entryOf(ids: Pick<Ids, "digest">, { summary, listedSize }: InboundRecord): LedgerEntry {
  return {
    id: summary.id,
    mailbox: summary.mailbox,
    uid: summary.uid ?? 0,
    key: messageKey(ids, { messageId: summary.message_id, headerHash: "" }),
    date: Date.parse(summary.received_at),
    size: listedSize ?? summary.size,
    emailId: null,
  }
}

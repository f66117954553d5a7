import type { ParsedMail } from "../ports/mime.ts"
import { messageParts } from "../record/message-index.ts"
import { isBaseline } from "./baseline.ts"
import { type ImapCursor, namesOf } from "./cursor.ts"
import { guardedHeaders } from "./guarded-headers.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import { threadId } from "./mail-ids.ts"
import type { Fingerprint } from "./match-reset.ts"
import type { InboundRecord } from "./message.ts"
import type { Box } from "./open-box.ts"
import type { PollContext } from "./poll-context.ts"
import type { KnownMails } from "./recent-entries.ts"

export type ListedPrint = Fingerprint & { uid: number }

export interface Found {
  /** Inbound ids by UID. */
  found: Map<number, string>
  /** UIDs of mails with a Message-ID: no record of theirs, no such mail. */
  named: Set<number>
}

const pageSize = 100
/** Records of one thread that are looked through. */
const maxPages = 5

/**
 * A ledger that ran over has forgotten mails: those are looked for among the records, by the thread that their header names, before
 * they are called new. @throws what the session throws.
 */
export async function findForgotten(
  ctx: PollContext,
  box: Box<ImapCursor>,
  search: { unmatched: readonly ListedPrint[]; known: KnownMails; used: ReadonlySet<string> },
): Promise<Found> {
  const { unmatched, known, used } = search
  const found = new Map<number, string>()
  const named = new Set<number>()
  if (!known.overflowed) return { found, named }
  const given = new Set(used)
  const byUid = new Map(unmatched.map((mail) => [mail.uid, mail]))
  for await (const [uid, block] of guardedHeaders(ctx, box, unmatched)) {
    const mail = byUid.get(uid)
    const head = await ctx.ports.parser.parseHeaders(block)
    if (mail === undefined || head.messageId === null) continue
    named.add(uid)
    const id = await findRecord(ctx, { names: box.state === null ? [] : namesOf(box.state), mail, head, given })
    if (id === undefined) continue
    given.add(id)
    found.set(uid, id)
  }
  return { found, named }
}

async function findRecord(
  { ports, account }: PollContext,
  look: { names: readonly string[]; mail: ListedPrint; head: ParsedMail; given: ReadonlySet<string> },
): Promise<string | undefined> {
  const { names, mail, head, given } = look
  const { messageId, references, inReplyTo } = head
  const thread = threadId(ports.ids, { account: account.id, references, inReplyTo, messageId, id: "" })
  let after: string | undefined
  for (let pages = 0; pages < maxPages; pages++) {
    const page = await ports.records.query<InboundRecord>("thread", messageParts.thread(thread), {
      limit: pageSize,
      order: "asc",
      ...(after === undefined ? {} : { after }),
    })
    const record = page.records.find(({ id, body }) => {
      if (!id.startsWith("in#") || body.erased === true || body.incarnation !== account.incarnation) return false
      const { summary } = body
      if (!names.includes(summary.mailbox) || summary.message_id !== messageId || given.has(summary.id)) return false
      return Date.parse(summary.received_at) === mail.date || (body.listedSize ?? summary.size) === mail.size
    })
    if (record !== undefined) return record.body.summary.id
    after = page.next
    if (after === undefined) return undefined
  }
  return undefined
}

/**
 * Older than both the baseline and all that is remembered: skipped. What the ledger forgot and no record can tell of, for want of a
 * Message-ID or because records are kept for a time only, is told by its age alone.
 */
export function isOld(
  ctx: PollContext,
  mail: ListedPrint,
  {
    cursor,
    own,
    known,
    named,
  }: { cursor: ImapCursor; own: readonly LedgerEntry[]; known: KnownMails; named: Found["named"] },
): boolean {
  const oldest = own.reduce((least, one) => Math.min(least, one.date ?? least), Number.POSITIVE_INFINITY)
  if (isBaseline(mail.date, oldest) && isBaseline(mail.date, cursor.baselineAt)) return true
  const forgotten = Math.max(...namesOf(cursor).map((name) => known.forgotten[name] ?? Number.NEGATIVE_INFINITY))
  if (!known.overflowed || mail.date === null || mail.date > forgotten) return false
  const { limits, clock } = ctx.ports
  const expired = limits.keepMessagesMs !== null && mail.date < clock.now() - limits.keepMessagesMs
  return expired || !named.has(mail.uid)
}

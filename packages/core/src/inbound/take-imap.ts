import type { ImapIntake } from "../account/account.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { ListedMail } from "../ports/mailbox-reader.ts"
import { actsOnTaken } from "./act-on-taken.ts"
import type { Copies } from "./copies.ts"
import { addProgress, type ImapCursor, type ImapProgress, type Shown, settle } from "./cursor.ts"
import { appendToLedger } from "./ledger.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import { imapMailId } from "./mail-ids.ts"
import { messageKey } from "./message-key.ts"
import type { Box } from "./open-box.ts"
import { announceSkipped } from "./park-mail.ts"
import type { PendingMail } from "./pending.ts"
import { maxInflightPolls } from "./plan-imap.ts"
import type { PollContext } from "./poll-context.ts"
import { mailSequence } from "./start-mailbox.ts"
import { type BatchMail, type BatchResult, takeBatch } from "./take-batch.ts"

/** One mailbox of a poll. */
export interface MailboxPoll {
  ctx: PollContext
  box: Box<ImapCursor>
  settings: ImapIntake
  /** Null for accounts with one mailbox. */
  copies: Copies | null
  /** \\Sent and \\All hold our own mail as well, which is no received mail there (mail-rules A9). */
  holdsSent: boolean
}

/**
 * Takes one batch: mails, events, ledger, then the cursor, in that order. The last batch settles the cursor in the same write.
 * Answers the fault that ended it, or null.
 */
export async function takeImapBatch(
  poll: MailboxPoll,
  cursor: ImapCursor,
  { batch, last }: { batch: readonly ListedMail[]; last?: Shown },
): Promise<MailFault | null> {
  const { ctx, box, copies } = poll
  const mails = batch.map((listed) => describe(poll, cursor, listed))
  const claimed = (await copies?.claim(mails)) ?? new Map<BatchMail, LedgerEntry>()
  const result = await takeBatch(
    ctx,
    mails.filter((mail) => !claimed.has(mail)),
    { skipOwn: poll.holdsSent },
  )
  const entries = [...claimed.values(), ...result.taken.flatMap((one) => entryOf(ctx, one))]
  await appendToLedger(ctx.ports, ctx.account, entries)
  copies?.learn(entries)
  const gone = await expunged(ctx, result)
  const progress = progressOf(poll, { result, claimed, gone })
  const complete = last !== undefined && result.fault === null && progress.failed?.length === 0
  await box.commit((current, now) => {
    const next = addProgress(current, progress, now)
    return complete ? settle(next, last, now) : next
  })
  return result.fault
}

/**
 * One mail at a time, each named in the cursor before it is fetched: what kills the poll is found out, and parked when three polls
 * have died of it (mail-rules B5).
 */
export async function takeCarefully(poll: MailboxPoll, mail: ListedMail): Promise<MailFault | null> {
  const { box } = poll
  const key = String(mail.ref)
  const before = box.state?.inflight ?? null
  const polls = before?.key === key ? before.polls : 0
  if (polls >= maxInflightPolls) {
    await parkImap(poll, [{ uid: mail.ref, reason: "polls that fetched it did not end" }])
    return null
  }
  const cursor = await box.commit((current) => ({ ...current, inflight: { key, polls: polls + 1 } }))
  return takeImapBatch(poll, cursor, { batch: [mail] })
}

/** Gives mails up: the event first, then the cursor. */
export async function parkImap(poll: MailboxPoll, mails: readonly { uid: number; reason: string }[]): Promise<void> {
  const { ctx, box } = poll
  const cursor = box.state
  if (cursor === null || mails.length === 0) return
  await announceSkipped(
    ctx,
    mails.map(({ uid, reason }) => ({
      id: imapMailId(ctx.ports.ids, { ...cursor, uid }),
      mailbox: cursor.mailbox,
      place: { uid },
      sequence: mailSequence(cursor.epoch, uid),
      reason,
    })),
  )
  const parked = mails.map(({ uid }) => uid)
  await box.commit((current, now) => addProgress(current, { taken: [], parked }, now))
}

export function listedOf(pending: PendingMail): ListedMail {
  const { key, size, internalDate } = pending
  return { ref: Number(key), size, ...(internalDate === null ? {} : { internalDate }) }
}

function describe({ ctx }: MailboxPoll, cursor: ImapCursor, listed: ListedMail): BatchMail {
  const uid = listed.ref
  return {
    listed,
    sequence: mailSequence(cursor.epoch, uid),
    place: {
      id: imapMailId(ctx.ports.ids, { ...cursor, uid }),
      source: "imap",
      mailbox: cursor.mailbox,
      uid,
      uidvalidity: cursor.uidValidity,
      internalDate: listed.internalDate ?? null,
      flags: listed.flags ?? [],
    },
  }
}

function entryOf(ctx: PollContext, { mail, result }: BatchResult["taken"][number]): LedgerEntry[] {
  const { listed, place } = mail
  if (result === null) return []
  const entry = {
    id: place.id,
    mailbox: place.mailbox,
    uid: listed.ref,
    key: messageKey(ctx.ports.ids, { messageId: result.message.message_id, headerHash: result.headerHash }),
    date: listed.internalDate ?? null,
    // The server's own count: that is what a later listing is compared with.
    size: listed.size,
    emailId: listed.emailId ?? null,
  }
  return [entry]
}

/** What was not delivered because it is gone is dropped in silence (mail-rules B4). */
async function expunged(ctx: PollContext, { missing, fault }: BatchResult): Promise<Set<number>> {
  const gone = new Set<number>()
  if (fault !== null) return gone
  for (const { mail } of missing) if (!(await ctx.session.exists(mail.listed.ref))) gone.add(mail.listed.ref)
  return gone
}

function progressOf(
  { settings }: MailboxPoll,
  { result, claimed, gone }: { result: BatchResult; claimed: Map<BatchMail, LedgerEntry>; gone: Set<number> },
): ImapProgress {
  const stored = result.taken.map(({ mail }) => mail.listed.ref)
  const copied = [...claimed.keys()].map((mail) => mail.listed.ref)
  const failed = result.missing
    .filter(({ mail }) => !gone.has(mail.listed.ref))
    .map(({ mail: { listed }, reason }) => {
      return { key: String(listed.ref), size: listed.size, internalDate: listed.internalDate ?? null, reason }
    })
  return {
    taken: [...stored, ...copied, ...gone],
    todo: actsOnTaken(settings) ? [...stored, ...copied] : [],
    failed,
    suspect: result.suspect?.listed.ref,
  }
}

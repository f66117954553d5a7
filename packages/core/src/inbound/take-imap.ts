import type { ImapIntake } from "../account/account.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { ListedMail } from "../ports/mailbox-reader.ts"
import { actsOnTaken } from "./act-on-taken.ts"
import type { Copies } from "./copies.ts"
import { addProgress, type ImapCursor, type ImapProgress, namesOf, type Shown, settle } from "./cursor.ts"
import { appendToLedger } from "./ledger.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import { imapMailId } from "./mail-ids.ts"
import { messageKey } from "./message-key.ts"
import type { Box } from "./open-box.ts"
import { announceSkipped } from "./park-mail.ts"
import type { PendingMail } from "./pending.ts"
import { maxInflightPolls } from "./plan-imap.ts"
import { faultOf, type PollContext } from "./poll-context.ts"
import { mailSequence } from "./start-mailbox.ts"
import { type BatchMail, type BatchResult, takeBatch } from "./take-batch.ts"
import { hasUid, parseUidSet } from "./uid-set.ts"

/** One mailbox of a poll. */
export interface MailboxPoll {
  ctx: PollContext
  box: Box<ImapCursor>
  settings: ImapIntake
  copies: Copies
  /** \\Sent and \\All hold our own mail as well, which is no received mail there (mail-rules A9). */
  holdsSent: boolean
}

export interface ImapBatch {
  batch: readonly ListedMail[]
  /** What the server showed, with the last batch of a listing. */
  last?: Shown
  /** With the batches before it, this is all that was listed up to its last mail. */
  decides?: boolean
}

/**
 * Takes one batch: mails, events, ledger, then the cursor, in that order. The last batch settles the cursor in the same write.
 * Answers the fault that ended it, or null.
 */
export async function takeImapBatch(
  poll: MailboxPoll,
  cursor: ImapCursor,
  { batch, last, decides = false }: ImapBatch,
): Promise<MailFault | null> {
  const { ctx, box, copies } = poll
  const mails = batch.map((listed) => describe(poll, cursor, listed))
  const { claimed, fault } = await claimCopies(copies, mails, namesOf(cursor))
  if (fault !== null) {
    await noteBrokenHeader(poll, batch)
    return fault
  }
  const result = await takeBatch(
    ctx,
    mails.filter((mail) => !claimed.has(mail)),
    { skipOwn: poll.holdsSent },
  )
  const entries = [...claimed.values(), ...result.taken.flatMap((one) => entryOf(ctx, one))]
  await appendToLedger(ctx.ports, ctx.account, entries)
  copies.learn(entries)
  const gone = await expunged(ctx, result)
  const decidedTo = decides && result.fault === null ? batch.at(-1)?.ref : undefined
  const progress = { ...progressOf(poll, { result, claimed, gone }), decidedTo }
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
export async function takeCarefully(
  poll: MailboxPoll,
  mail: ListedMail,
  { decides, once }: { decides: boolean; once: boolean },
): Promise<MailFault | null> {
  const { box } = poll
  const key = String(mail.ref)
  const before = box.state?.inflight ?? null
  const polls = before?.key === key ? before.polls : once ? maxInflightPolls - 1 : 0
  if (polls >= maxInflightPolls) {
    await parkImap(poll, [{ uid: mail.ref, reason: "polls that fetched it did not end" }])
    return null
  }
  const cursor = await box.commit((current) => ({ ...current, inflight: { key, polls: polls + 1 } }))
  return takeImapBatch(poll, cursor, { batch: [mail], decides })
}

async function claimCopies(
  copies: Copies,
  mails: readonly BatchMail[],
  names: readonly string[],
): Promise<{ claimed: Map<BatchMail, LedgerEntry>; fault: MailFault | null }> {
  try {
    return { claimed: await copies.claim(mails, names), fault: null }
  } catch (error) {
    const fault = faultOf(error)
    if (fault === null) throw error
    return { claimed: new Map(), fault }
  }
}

/** A header that broke the session: asked for alone it counts as a failed try; of several the next poll asks one by one. */
async function noteBrokenHeader({ box }: MailboxPoll, batch: readonly ListedMail[]): Promise<void> {
  const [first] = batch
  if (first === undefined) return
  const failed = batch.length > 1 ? [] : [failureOf(first, "its header broke the connection")]
  const suspect = batch.length > 1 ? first.ref : undefined
  await box.commit((current, now) => addProgress(current, { taken: [], failed, suspect }, now))
}

/** Gives mails up: the event first, then the cursor. */
export async function parkImap(poll: MailboxPoll, mails: readonly { uid: number; reason: string }[]): Promise<void> {
  const { ctx, box } = poll
  const cursor = box.state
  if (cursor === null || mails.length === 0) return
  const before = parseUidSet(cursor.parked)
  const first = mails.filter(({ uid }) => !hasUid(before, uid))
  await announceSkipped(
    ctx,
    first.map(({ uid, reason }) => ({
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

function failureOf({ ref, size, internalDate }: ListedMail, reason: string) {
  return { key: String(ref), size, internalDate: internalDate ?? null, reason }
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
  const refsOf = (some: BatchResult["taken"]) => some.map(({ mail }) => mail.listed.ref)
  const stored = refsOf(result.taken.filter((one) => one.result !== null))
  const own = refsOf(result.taken.filter((one) => one.result === null))
  const copied = [...claimed.keys()].map((mail) => mail.listed.ref)
  const failed = result.missing
    .filter(({ mail }) => !gone.has(mail.listed.ref))
    .map(({ mail: { listed }, reason }) => failureOf(listed, reason))
  return {
    taken: [...stored, ...own, ...copied, ...gone],
    unstored: own,
    todo: actsOnTaken(settings) ? [...stored, ...copied] : [],
    failed,
    suspect: result.suspect?.listed.ref,
  }
}

import type { ImapIntake } from "../account/account.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { ListedMail, MailboxSnapshot } from "../ports/mailbox-reader.ts"
import { actOnTaken, deleteExpired } from "./act-on-taken.ts"
import type { ChosenMailbox } from "./chosen-paths.ts"
import { type Copies, createCopies } from "./copies.ts"
import { addProgress, type ImapCursor, type Shown, settle, topOf } from "./cursor.ts"
import { followRename } from "./follow-rename.ts"
import { imapMailId } from "./mail-ids.ts"
import { inboundRecordId } from "./message.ts"
import { openBox, releaseBox } from "./open-box.ts"
import { parkedAgain } from "./parked-again.ts"
import { cutBatches, needsFullListing, newOnes, planListing, planPending, resetCause } from "./plan-imap.ts"
import { faultOf, isTimeUp, type MailboxOutcome, type PollContext } from "./poll-context.ts"
import { remapMailbox } from "./remap-mailbox.ts"
import { accountBaseline, firstCursor, nextEpoch } from "./start-mailbox.ts"
import { listedOf, type MailboxPoll, parkImap, takeCarefully, takeImapBatch } from "./take-imap.ts"

const batchBounds = { maxMails: 100, maxBytes: 16 * 1024 * 1024 }

/**
 * Polls the mailboxes one after the other. A refusal that concerns one of them does not keep the others from their mail; it is told
 * when all had their turn. @throws BoxLost; RelayError with a fault when the session fails.
 */
export async function pollImap(
  ctx: PollContext,
  settings: ImapIntake,
  mailboxes: readonly ChosenMailbox[],
): Promise<MailboxOutcome> {
  const copies = createCopies(ctx, { several: mailboxes.length > 1 })
  let refused: MailFault | null = null
  let more = false
  for (const { path, holdsSent } of mailboxes) {
    if (isTimeUp(ctx)) return { more: true, fault: null }
    const outcome = await pollMailbox(ctx, { path, settings, copies, holdsSent }).catch(refusal)
    if (outcome.fault !== null && outcome.fault.class !== "protocol") return outcome
    refused ??= outcome.fault
    more ||= outcome.more
  }
  return { more: more && refused === null, fault: refused }
}

/** A session that is gone as well shows it with the next command. */
function refusal(error: unknown): MailboxOutcome {
  const fault = faultOf(error)
  if (fault?.class !== "protocol") throw error
  return { more: false, fault }
}

async function pollMailbox(
  ctx: PollContext,
  { path, ...rest }: { path: string; settings: ImapIntake; copies: Copies; holdsSent: boolean },
): Promise<MailboxOutcome> {
  const box = await openBox<ImapCursor>(ctx, path)
  const poll: MailboxPoll = { ctx, box, ...rest }
  try {
    const snapshot = await ctx.session.select(path)
    const outcome = await workOff(poll, snapshot, await currentCursor(poll, snapshot))
    await releaseBox(ctx, box)
    return outcome
  } catch (error) {
    // A server that failed may be polled again soon; after an error of our own stores the lease runs out by itself.
    if (faultOf(error) !== null) await releaseBox(ctx, box)
    throw error
  }
}

/** The cursor for the mailbox as it is now: begun, or mapped onto a new epoch, where that is needed. */
async function currentCursor({ ctx, box, settings }: MailboxPoll, snapshot: MailboxSnapshot): Promise<ImapCursor> {
  let cursor = (await followRename(ctx, box, snapshot)) ?? box.state
  const baselineAt = accountBaseline(ctx, settings.history)
  if (cursor === null || cursor.moved)
    return firstCursor(ctx, box, { snapshot, baselineAt, epoch: (cursor?.epoch ?? 0) + 1 })
  const cause = resetCause(cursor, snapshot, ctx.account.intakeGeneration)
  if (cause !== null) {
    const before = cursor
    // Not by `commit`: the epoch itself changes.
    cursor = await box.create(nextEpoch(ctx, before, { snapshot, cause }))
  }
  return cursor.remap === null ? cursor : remapMailbox(ctx, box, cursor)
}

async function workOff(poll: MailboxPoll, snapshot: MailboxSnapshot, cursor: ImapCursor): Promise<MailboxOutcome> {
  const { ctx, box, settings } = poll
  const now = ctx.ports.clock.now()
  const wider = accountBaseline(ctx, settings.history)
  const widens = wider < cursor.baselineAt && settings.history !== "new"
  if (cursor.remap !== null) return takeBetween(poll, cursor, cursor.remap.upTo)
  const plan = widens ? { ranges: [{ from: 1 }], full: true } : planListing(cursor, snapshot, now)
  const listing = await list(poll, { cursor, snapshot, plan })
  const before = widens ? await widened(ctx, { cursor, wider, listed: listing.mails }) : []
  const wanted = [...before, ...newOnes(cursor, listing.mails)]
  const parked = await parkedAgain(poll, listing)
  const { again, hopeless } = planPending(box.state ?? cursor, { now, asked: ctx.asked })

  const decides = listing.full || cursor.decidedTo >= topOf(cursor)
  const shown: Shown = { uidNext: snapshot.uidNext, exists: snapshot.exists, full: listing.full }
  const fault =
    (await takeAll(poll, { wanted, decides: decides && !widens, ...(widens ? {} : { shown }) })) ??
    (await takeAlone(poll, again.map(listedOf), { once: parked }))
  if (fault !== null) return { more: false, fault }
  await parkImap(
    poll,
    hopeless.map((one) => ({ uid: Number(one.key), reason: one.reason })),
  )
  await actOnTaken(ctx, box, settings)
  if (isTimeUp(ctx) && wanted.length > 0) return { more: true, fault: null }
  if (listing.full) await deleteExpired(ctx, { cursor: box.state ?? cursor, settings, listed: listing.mails })
  if (plan.ranges.length > 0 && (widens || !isSettled(box.state, shown, ctx.startedAt))) {
    await box.commit((current, at) => {
      const settled = settle(current, shown, at)
      return widens ? { ...settled, baselineAt: wider } : settled
    })
  }
  return { more: false, fault: null }
}

/** A reset is matched up to here only: what is new among those mails is taken before it goes on. */
async function takeBetween(poll: MailboxPoll, cursor: ImapCursor, upTo: number): Promise<MailboxOutcome> {
  const { ctx, box } = poll
  if (isTimeUp(ctx)) return { more: true, fault: null }
  const listed = upTo > cursor.floor ? await ctx.session.list({ from: cursor.floor + 1, to: upTo }) : []
  const wanted = newOnes(
    cursor,
    listed.filter(({ ref }) => ref <= upTo),
  )
  const fault = await takeAll(poll, { wanted, decides: true })
  if (fault !== null) return { more: false, fault }
  if (!isTimeUp(ctx)) await box.commit((current, at) => addProgress(current, { taken: [], decidedTo: upTo }, at))
  return { more: true, fault: null }
}

/** The cursor says so already: the last batch wrote it, or the server names no UIDNEXT and had to be asked for nothing. */
function isSettled(cursor: ImapCursor | null, shown: Shown, since: number): boolean {
  if (cursor?.seen?.exists !== shown.exists || cursor.seen.uidNext !== shown.uidNext) return false
  return !shown.full || cursor.fullAt >= since
}

async function list(
  { ctx }: MailboxPoll,
  { cursor, snapshot, plan }: { cursor: ImapCursor; snapshot: MailboxSnapshot; plan: ReturnType<typeof planListing> },
): Promise<{ mails: ListedMail[]; full: boolean }> {
  const mails: ListedMail[] = []
  if (snapshot.exists > 0) for (const range of plan.ranges) mails.push(...(await ctx.session.list(range)))
  if (plan.full || !needsFullListing(cursor, snapshot, mails)) return { mails, full: plan.full }
  return { mails: await ctx.session.list({ from: cursor.floor + 1 }), full: true }
}

/** Mails that a wider history brings in (mail-rules C2): between the two times, and not stored before. */
async function widened(
  ctx: PollContext,
  { cursor, wider, listed }: { cursor: ImapCursor; wider: number; listed: readonly ListedMail[] },
): Promise<ListedMail[]> {
  const between = listed.filter(({ internalDate }) => {
    return internalDate !== undefined && internalDate >= wider && internalDate < cursor.baselineAt
  })
  const fresh = new Set(newOnes(cursor, between).map((mail) => mail.ref))
  const idOf = (mail: ListedMail) => inboundRecordId(imapMailId(ctx.ports.ids, { ...cursor, uid: mail.ref }))
  const old = between.filter((mail) => !fresh.has(mail.ref))
  const stored = new Set((await ctx.ports.records.getMany(old.map(idOf))).map((record) => record.id))
  return old.filter((mail) => !stored.has(idOf(mail)))
}

/** Batch after batch until the time is up. */
async function takeAll(
  poll: MailboxPoll,
  { wanted, shown, decides }: { wanted: readonly ListedMail[]; shown?: Shown; decides: boolean },
): Promise<MailFault | null> {
  const { ctx, box } = poll
  if (ctx.careful || (box.state?.inflight ?? null) !== null) return takeAlone(poll, wanted, { decides })
  const failed: ListedMail[] = []
  const batches = cutBatches(wanted, batchBounds)
  for (const batch of batches) {
    if (isTimeUp(ctx) || box.state === null) return null
    const isLast = batch === batches.at(-1) && failed.length === 0
    const last = isLast && shown !== undefined ? { last: shown } : {}
    const fault = await takeImapBatch(poll, box.state, { batch, decides, ...last })
    if (fault !== null) return fault
    const pending = new Set(box.state.pending.filter((one) => one.tries === 1).map((one) => Number(one.key)))
    failed.push(...batch.filter((mail) => pending.has(mail.ref)))
  }
  // Listed but not delivered: asked again alone, at once (mail-rules B4).
  return takeAlone(poll, failed)
}

async function takeAlone(
  poll: MailboxPoll,
  mails: readonly ListedMail[],
  { decides = false, once = new Set() }: { decides?: boolean; once?: ReadonlySet<number> } = {},
): Promise<MailFault | null> {
  const { ctx, box } = poll
  for (const mail of mails) {
    if (isTimeUp(ctx) || box.state === null) return null
    const careful = ctx.careful || box.state.inflight !== null || once.has(mail.ref)
    const fault = careful
      ? await takeCarefully(poll, mail, { decides, once: once.has(mail.ref) })
      : await takeImapBatch(poll, box.state, { batch: [mail], decides })
    if (fault !== null) return fault
  }
  return null
}

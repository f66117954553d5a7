import type { Pop3Intake } from "../account/account.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { ListedEntry } from "./delete-pop3.ts"
import { pop3MailId } from "./mail-ids.ts"
import { messageKey } from "./message-key.ts"
import { numberFresh } from "./number-pop3.ts"
import type { Box } from "./open-box.ts"
import { announceSkipped } from "./park-mail.ts"
import { isDue, isHopeless, maxPending, notePending, type PendingMail } from "./pending.ts"
import { cutBatches, maxInflightPolls } from "./plan-imap.ts"
import { isTimeUp, type PollContext } from "./poll-context.ts"
import type { Pop3Pages } from "./pop3-pages.ts"
import { entryKey, type Pop3Cursor, type Pop3Entry, type Pop3Listed } from "./pop3-state.ts"
import { type BatchMail, type BatchResult, takeBatch } from "./take-batch.ts"

const batchBounds = { maxMails: 100, maxBytes: 16 * 1024 * 1024 }

/** One maildrop of a poll. */
export interface MaildropPoll {
  ctx: PollContext
  box: Box<Pop3Cursor>
  settings: Pop3Intake
  pages: Pop3Pages
}

interface FreshMail {
  mail: Pop3Listed
  n: number
  size: number
  key: string
}

export interface FreshOutcome {
  /** Taken in this session, so that they may be deleted in it (mail-rules D3). */
  retrieved: ListedEntry[]
  fault: MailFault | null
  /** The time was up before all had their turn. */
  stopped: boolean
}

/**
 * Takes new mails batch by batch: mails, events, then their entries. What failed before is asked for alone, or given up.
 * `once`: they were parked before, so that a single poll that dies of one parks it again.
 */
export async function takeFresh(
  poll: MaildropPoll,
  fresh: readonly { mail: Pop3Listed; n: number }[],
  { once = false } = {},
): Promise<FreshOutcome> {
  const { ctx, box } = poll
  const outcome: FreshOutcome = { retrieved: [], fault: null, stopped: false }
  const numbered = await numberFresh(poll, fresh, box.state?.epoch ?? 1)
  const mails = numbered.map(({ mail, n }) => ({ mail, n, size: mail.size, key: entryKey({ uidl: mail.uidl, n }) }))
  const pending = new Map(box.state?.pending.map((one) => [one.key, one]))
  const careful = once || ctx.careful || (box.state?.inflight ?? null) !== null
  const plain = mails.filter((one) => !pending.has(one.key))
  const alone = mails.filter((one) => mayTry(ctx, pending.get(one.key)))
  const batches = [
    ...(careful ? plain.map((one) => [one]) : cutBatches(plain, batchBounds)),
    ...alone.map((one) => [one]),
  ]
  for (const batch of batches) {
    if (isTimeUp(ctx)) return { ...outcome, stopped: true }
    const [only] = batch
    if (careful && only !== undefined && !(await nameInflight(poll, only, once))) continue
    const result = await takeBatch(
      ctx,
      batch.map((one) => describe(poll, one)),
      { skipOwn: false },
    )
    outcome.retrieved.push(...(await keepEntries(poll, batch, result)))
    await keepFailures(poll, batch, { result, careful })
    if (result.fault !== null) return { ...outcome, fault: result.fault }
  }
  await park(
    poll,
    mails.flatMap((one) => {
      const before = pending.get(one.key)
      return before !== undefined && !ctx.asked && isHopeless(before, ctx.ports.clock.now())
        ? [{ ...one, reason: before.reason }]
        : []
    }),
  )
  return outcome
}

function mayTry({ ports, asked }: PollContext, before: PendingMail | undefined): boolean {
  if (before === undefined) return false
  const now = ports.clock.now()
  return asked || (!isHopeless(before, now) && isDue(before, now))
}

/** False: three polls died of this mail, it is parked (mail-rules B5). */
async function nameInflight(poll: MaildropPoll, one: FreshMail, once: boolean): Promise<boolean> {
  const before = poll.box.state?.inflight ?? null
  const polls = before?.key === one.key ? before.polls : once ? maxInflightPolls - 1 : 0
  if (polls >= maxInflightPolls) {
    await park(poll, [{ ...one, reason: "polls that fetched it did not end" }])
    return false
  }
  await poll.box.commit((state) => ({ ...state, inflight: { key: one.key, polls: polls + 1 } }))
  return true
}

async function keepEntries(
  { ctx, pages }: MaildropPoll,
  batch: readonly FreshMail[],
  result: BatchResult,
): Promise<ListedEntry[]> {
  const byRef = new Map(batch.map((one) => [one.mail.ref, one]))
  const kept = result.taken.flatMap(({ mail, result: taken }): ListedEntry[] => {
    const one = byRef.get(mail.listed.ref)
    if (one === undefined || taken === null) return []
    const { message, headerHash: hash } = taken
    const entry: Pop3Entry = {
      uidl: one.mail.uidl,
      n: one.n,
      size: one.mail.size,
      state: "taken",
      at: ctx.ports.clock.now(),
      goneAt: null,
      hash,
      key: messageKey(ctx.ports.ids, { messageId: message.message_id, headerHash: hash }),
      date: Date.parse(message.received_at),
      id: message.id,
    }
    return [{ mail: one.mail, entry }]
  })
  pages.set(kept.map(({ entry }) => entry))
  await pages.flush()
  return kept
}

async function keepFailures(
  { ctx, box }: MaildropPoll,
  batch: readonly FreshMail[],
  { result, careful }: { result: BatchResult; careful: boolean },
): Promise<void> {
  const failed: { one: FreshMail; reason: string }[] = []
  for (const { mail, reason } of result.missing) {
    const one = batch.find((other) => other.mail.ref === mail.listed.ref)
    if (one === undefined) continue
    // Gone from the server meanwhile: dropped in silence (mail-rules B4).
    if (result.fault === null && !(await ctx.session.exists(one.mail.ref))) continue
    failed.push({ one, reason })
  }
  const done = new Set(batch.map(({ key }) => key))
  const hadPending = box.state?.pending.some((one) => done.has(one.key)) === true
  const suspect = batch.find((one) => one.mail.ref === result.suspect?.listed.ref)
  if (failed.length === 0 && !careful && !hadPending && suspect === undefined) return
  await box.commit((state, now) => {
    const stillFailing = new Set(failed.map(({ one }) => one.key))
    let pending = state.pending.filter((one) => !done.has(one.key) || stillFailing.has(one.key))
    for (const { one, reason } of failed) {
      pending = notePending(pending, { key: one.key, size: one.size, internalDate: null, reason }, now)
    }
    return {
      ...state,
      pending: pending.slice(-maxPending),
      inflight: suspect === undefined ? null : { key: suspect.key, polls: 0 },
    }
  })
}

/** Gives mails up: the event first, then the entry, then the head. */
async function park(poll: MaildropPoll, mails: readonly (FreshMail & { reason: string })[]): Promise<void> {
  if (mails.length === 0) return
  const { ctx, box, pages } = poll
  const before = new Set(pages.all().flatMap((entry) => (entry.state === "parked" ? [entryKey(entry)] : [])))
  const first = mails.filter(({ key }) => !before.has(key))
  const skipped = first.map((one) => {
    const { place, sequence } = describe(poll, one)
    return { id: place.id, mailbox: place.mailbox, place: { uidl: one.mail.uidl }, sequence, reason: one.reason }
  })
  await announceSkipped(ctx, skipped)
  const at = ctx.ports.clock.now()
  pages.set(
    mails.map(({ mail, n }) => {
      const { uidl, size } = mail
      return { uidl, n, size, state: "parked", at, goneAt: null, hash: "", key: "", date: null, id: "" }
    }),
  )
  await pages.flush()
  const keys = new Set(mails.map(({ key }) => key))
  await box.commit((state) => ({
    ...state,
    pending: state.pending.filter((one) => !keys.has(one.key)),
    inflight: null,
  }))
}

function describe({ ctx, box }: MaildropPoll, { mail, n }: FreshMail): BatchMail {
  const epoch = box.state?.epoch ?? 1
  const order = [
    String(epoch).padStart(6, "0"),
    String(ctx.startedAt).padStart(14, "0"),
    String(mail.ref).padStart(7, "0"),
  ]
  return {
    listed: mail,
    sequence: order.join("-"),
    place: {
      id: pop3MailId(ctx.ports.ids, { incarnation: ctx.account.incarnation, epoch, uidl: mail.uidl, n }),
      source: "pop3",
      mailbox: "INBOX",
      uidl: mail.uidl,
      internalDate: null,
      flags: [],
    },
  }
}

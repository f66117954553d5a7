import type { Pop3Intake } from "../account/account.ts"
import { type ListedEntry, markDeleted } from "./delete-pop3.ts"
import { boxId, openBox, releaseBox } from "./open-box.ts"
import { mayBeReset, planPop3 } from "./plan-pop3.ts"
import { faultOf, isTimeUp, type MailboxOutcome, type PollContext } from "./poll-context.ts"
import { listMaildrop, readFacts } from "./pop3-facts.ts"
import { openPop3Pages } from "./pop3-pages.ts"
import type { Pop3Cursor, Pop3Listed } from "./pop3-state.ts"
import { addCounts, expectReset, finish, startEpoch } from "./reset-pop3.ts"
import { sortPop3 } from "./sort-pop3.ts"
import { accountBaseline } from "./start-mailbox.ts"
import { forgetPending, takeParkedAgain } from "./take-parked.ts"
import { type MaildropPoll, takeFresh } from "./take-pop3.ts"

/** Mails looked at in one step: their entries are written before the next. */
const stepMails = 100
/** A session ends after this much, so that little is lost when it breaks before QUIT. */
const maxSessionMails = 200
const maxSessionBytes = 50 * 1024 * 1024
/** How long after it vanished a mail may still turn up under another UIDL. */
const vanishedMs = 60 * 60_000
const mailbox = "INBOX"

/** Polls the maildrop, QUIT included. @throws BoxLost; RelayError with a fault when the session fails. */
export async function pollPop3(ctx: PollContext, settings: Pop3Intake): Promise<MailboxOutcome> {
  const box = await openBox<Pop3Cursor>(ctx, mailbox)
  try {
    await ctx.session.select(mailbox)
    const poll = await openMaildrop(ctx, { box, settings })
    const outcome = await workOff(poll)
    await releaseBox(ctx, box)
    return outcome
  } catch (error) {
    if (faultOf(error) !== null) await releaseBox(ctx, box)
    throw error
  }
}

async function openMaildrop(ctx: PollContext, opened: Pick<MaildropPoll, "box" | "settings">): Promise<MaildropPoll> {
  const { box } = opened
  const { incarnation, intakeGeneration } = ctx.account
  const cursor = box.state ?? (await box.create(firstState(ctx)))
  const pages = await openPop3Pages(ctx.ports.records, { boxId: boxId(ctx, mailbox), incarnation, pages: cursor.pages })
  const poll = { ctx, ...opened, pages }
  if (cursor.generation === intakeGeneration) return poll
  // Another server: nothing seen before is there until its header proves it (mail-rules A3). Entries first, then the epoch.
  const now = ctx.ports.clock.now()
  pages.set(
    pages
      .all()
      .filter((one) => one.goneAt === null)
      .map((one) => ({ ...one, goneAt: now })),
  )
  await pages.flush()
  await startEpoch(poll, now)
  return poll
}

async function workOff(poll: MaildropPoll): Promise<MailboxOutcome> {
  const { ctx, box, pages, settings } = poll
  const now = ctx.ports.clock.now()
  const listed = await listMaildrop(ctx, settings.delete === "after_store")
  const plan = planPop3(pages.all(), listed, now)
  await forgetPending(poll, listed)
  if (box.state?.remap === null && mayBeReset(plan)) await expectReset(poll, { gone: plan.gone.length, since: now })
  pages.remove(plan.forgotten)
  pages.set(plan.gone.map((entry) => ({ ...entry, goneAt: now })))

  const retrieved: ListedEntry[] = []
  const open = {
    doubtful: new Set(plan.doubtful),
    mails: [...plan.doubtful, ...plan.unknown].sort((a, b) => a.ref - b.ref),
  }
  let more = false
  for (let at = 0; at < open.mails.length && !more; at += stepMails) {
    const step = open.mails.slice(at, at + stepMails)
    const { fault, stopped } = await takeStep(poll, { mails: step, doubtful: open.doubtful, retrieved })
    if (fault !== null) return { more: false, fault }
    more = stopped || (at + stepMails < open.mails.length && isUsedUp(ctx))
  }
  const again = more ? null : await takeParkedAgain(poll, plan.known)
  if (again !== null && again.fault !== null) return { more: false, fault: again.fault }
  retrieved.push(...(again?.retrieved ?? []))
  more ||= again?.stopped === true
  await saveEntries(poll)
  if (!more) await finish(poll)
  const marked = await markDeleted(poll, { policy: settings.delete, retrieved, known: plan.known })
  if (marked.length === 0) return { more, fault: null }
  const { committed } = await ctx.session.end()
  // Without the server's +OK nothing was deleted (mail-rules D3); the next poll tries again.
  if (committed) {
    pages.set(marked.map((entry) => ({ ...entry, state: "deleted" })))
    await saveEntries(poll)
  }
  return { more, fault: null }
}

/** Sorts some mails, takes what is new, and writes what came of it. */
async function takeStep(
  poll: MaildropPoll,
  step: { mails: readonly Pop3Listed[]; doubtful: ReadonlySet<Pop3Listed>; retrieved: ListedEntry[] },
) {
  const { ctx, box, pages, settings } = poll
  const now = ctx.ports.clock.now()
  const entries = pages.all()
  const since = Math.min(box.state?.remap?.since ?? now, now - vanishedMs)
  const vanished = entries.filter((entry) => entry.goneAt !== null && entry.goneAt >= since)
  const byDate = box.state?.baselineDone !== true || listsOnlyPart(settings.host)
  const baselineAt = byDate ? accountBaseline(ctx, settings.history) : null
  const all = byDate && baselineAt !== 0 ? true : vanished.length > 0
  const facts = await readFacts(
    poll,
    step.mails.filter((mail) => all || step.doubtful.has(mail)),
  )
  const sorting = sortPop3(
    {
      doubtful: step.mails.filter((mail) => step.doubtful.has(mail)),
      unknown: step.mails.filter((mail) => !step.doubtful.has(mail)),
    },
    { entries, vanished, facts, baselineAt, now },
  )
  pages.remove(sorting.replaced)
  pages.set(sorting.settled)
  const outcome = await takeFresh(poll, sorting.fresh)
  step.retrieved.push(...outcome.retrieved)
  await saveEntries(poll)
  if (box.state?.remap != null) {
    const fresh = outcome.retrieved.length
    await box.commit((state) => addCounts(state, { matched: sorting.matched, fresh }))
  }
  return outcome
}

/** Pages first, then the head, and that only where it says something else. */
async function saveEntries({ box, pages }: MaildropPoll): Promise<void> {
  const count = await pages.flush()
  if (box.state?.pages !== count) await box.commit((state) => ({ ...state, pages: count }))
}

function firstState(ctx: PollContext): Pop3Cursor {
  return {
    protocol: "pop3",
    incarnation: ctx.account.incarnation,
    mailbox,
    epoch: 1,
    generation: ctx.account.intakeGeneration,
    baselineAt: 0,
    baselineDone: false,
    pages: 0,
    pending: [],
    inflight: null,
    lease: null,
    remap: null,
    writtenAt: 0,
  }
}

function isUsedUp(ctx: PollContext): boolean {
  return isTimeUp(ctx) || ctx.tally.taken >= maxSessionMails || ctx.tally.bytes >= maxSessionBytes
}

/** Gmail lists a part of the maildrop at a time, so each session has old mail that was never seen (mail-rules C3). */
function listsOnlyPart(host: string): boolean {
  return /(^|\.)(gmail|googlemail)\.com$/i.test(host)
}

import type { Pop3Intake } from "../account/account.ts"
import { announceEvents } from "../event/announce-events.ts"
import { newRemap } from "./cursor.ts"
import { type ListedEntry, markDeleted } from "./delete-pop3.ts"
import { messageKey } from "./message-key.ts"
import { boxId, openBox, releaseBox } from "./open-box.ts"
import { isPop3Reset, planPop3 } from "./plan-pop3.ts"
import { faultOf, isTimeUp, type MailboxOutcome, type PollContext } from "./poll-context.ts"
import { listMaildrop, readFacts } from "./pop3-facts.ts"
import { openPop3Pages } from "./pop3-pages.ts"
import type { Pop3Cursor, Pop3Listed } from "./pop3-state.ts"
import { storedSince } from "./recent-entries.ts"
import { sortPop3 } from "./sort-pop3.ts"
import { accountBaseline } from "./start-mailbox.ts"
import { type MaildropPoll, takeFresh } from "./take-pop3.ts"

/** Mails looked at in one step: their entries are written before the next. */
const stepMails = 100
/** A session ends after this much, so that little is lost when it breaks before QUIT. */
const maxSessionMails = 200
const maxSessionBytes = 50 * 1024 * 1024
/** How long after it vanished a mail may still turn up under another UIDL. */
const vanishedMs = 60 * 60_000
/** How far back the records are searched for mails whose entries are missing. */
const storedMs = 24 * 60 * 60_000
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
  await startEpoch(poll, { cause: "server_changed", since: now })
  return poll
}

async function workOff(poll: MaildropPoll): Promise<MailboxOutcome> {
  const { ctx, box, pages, settings } = poll
  const now = ctx.ports.clock.now()
  const listed = await listMaildrop(ctx, settings.delete === "after_store")
  const plan = planPop3(pages.all(), listed, now)
  if (box.state?.remap === null && isPop3Reset(pages.all(), plan))
    await startEpoch(poll, { cause: "uidls_changed", since: now })
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
    const fault = await takeStep(poll, { mails: step, doubtful: open.doubtful, retrieved })
    if (fault !== null) return { more: false, fault }
    more = at + stepMails < open.mails.length && isUsedUp(ctx)
  }
  await saveEntries(poll)
  if (!more) await finish(poll)
  const marked = await markDeleted(ctx, { policy: settings.delete, retrieved, known: plan.known })
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
  const since = box.state?.remap?.since ?? now - vanishedMs
  const vanished = entries.filter((entry) => entry.goneAt !== null && entry.goneAt >= since)
  const byDate = box.state?.baselineDone !== true || listsOnlyPart(settings.host)
  const baselineAt = byDate ? accountBaseline(ctx, settings.history) : null
  const all = byDate && baselineAt !== 0 ? true : vanished.length > 0
  const facts = await readFacts(
    ctx,
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
  return outcome.fault
}

function addCounts(state: Pop3Cursor, counts: { matched: number; fresh: number }): Pop3Cursor {
  const { remap } = state
  if (remap === null) return state
  return { ...state, remap: { ...remap, matched: remap.matched + counts.matched, fresh: remap.fresh + counts.fresh } }
}

/** Pages first, then the head, and that only where it says something else. */
async function saveEntries({ box, pages }: MaildropPoll): Promise<void> {
  const count = await pages.flush()
  if (box.state?.pages !== count) await box.commit((state) => ({ ...state, pages: count }))
}

/** Everything listed is decided: the baseline stands, and a reset is told of, once. */
async function finish({ ctx, box }: MaildropPoll): Promise<void> {
  const state = box.state
  if (state === null || (state.baselineDone && state.remap === null)) return
  const { remap } = state
  if (remap !== null) {
    const { ports, account } = ctx
    const { cause, matched, fresh } = remap
    await announceEvents(ports, [
      {
        id: ports.ids.derive("evt", account.incarnation, mailbox, String(state.epoch), "mailbox.reset"),
        type: "mailbox.reset",
        account: account.id,
        tenant: account.settings.tenant,
        test: false,
        sequence: `${String(state.epoch).padStart(6, "0")}-0`,
        mailbox,
        data: { account: account.id, mailbox, cause, matched, new: fresh },
      },
    ])
  }
  await box.commit((current) => ({ ...current, baselineDone: true, remap: null }))
}

async function startEpoch(poll: MaildropPoll, remap: { cause: "server_changed" | "uidls_changed"; since: number }) {
  const { ctx, box } = poll
  const state = box.state
  if (state === null) return
  await recoverStored(poll, remap.since)
  const generation = ctx.account.intakeGeneration
  await box.create({ ...state, epoch: state.epoch + 1, generation, remap: newRemap(remap.cause, remap.since) })
}

/** Mails stored by a poll that died before it wrote their entries: under the new epoch their ids would be others (mail-rules A5). */
async function recoverStored({ ctx, pages }: MaildropPoll, now: number): Promise<void> {
  const { records, ids } = ctx.ports
  const entries = pages.all()
  const known = new Set(entries.map((entry) => entry.id))
  const stored = await storedSince(records, ctx.account, now - storedMs)
  const lost = stored.filter(({ summary }) => summary.source === "pop3" && !known.has(summary.id))
  pages.set(
    lost.map(({ summary }) => ({
      uidl: summary.uidl ?? "",
      n:
        entries.filter((entry) => entry.uidl === summary.uidl).reduce((most, entry) => Math.max(most, entry.n), -1) + 1,
      size: summary.size,
      state: "taken",
      at: Date.parse(summary.created_at),
      goneAt: now,
      hash: "",
      key: messageKey(ids, { messageId: summary.message_id, headerHash: "" }),
      date: Date.parse(summary.received_at),
      id: summary.id,
    })),
  )
  await pages.flush()
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

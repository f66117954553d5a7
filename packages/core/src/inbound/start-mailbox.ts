import { announceEvents } from "../event/announce-events.ts"
import type { ListedMail, MailboxSnapshot } from "../ports/mailbox-reader.ts"
import { baselineTime, isBaseline } from "./baseline.ts"
import type { ImapCursor, Remap } from "./cursor.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import { type Fingerprint, matchReset } from "./match-reset.ts"
import { headerHash, messageKey } from "./message-key.ts"
import type { Box } from "./open-box.ts"
import type { PollContext } from "./poll-context.ts"
import { type KnownMails, knownMails } from "./recent-entries.ts"
import { above, formatUidSet, uidSetOf } from "./uid-set.ts"

const headersAtOnce = 200

/** Time before which mail was there before us, by the account's settings. */
export function accountBaseline(ctx: PollContext, history: string): number {
  return baselineTime(history, Date.parse(ctx.account.created_at), ctx.ports.clock.now())
}

/** First session of a mailbox: what is older than the baseline counts as taken (mail-rules C1 to C3). */
export async function firstCursor(
  ctx: PollContext,
  box: Box<ImapCursor>,
  { snapshot, baselineAt }: { snapshot: MailboxSnapshot; baselineAt: number },
): Promise<ImapCursor> {
  const listed = snapshot.exists === 0 ? [] : await ctx.session.list({ from: 1 })
  const old = listed.filter((mail) => isBaseline(mail.internalDate, baselineAt)).map((mail) => mail.ref)
  const fresh = listed.filter((mail) => !isBaseline(mail.internalDate, baselineAt)).map((mail) => mail.ref)
  // Below the first mail that is new, nothing can come late: the floor stands there.
  const oldest = fresh.reduce((least, uid) => Math.min(least, uid), Number.MAX_SAFE_INTEGER)
  const floor = old.filter((uid) => uid < oldest).reduce((most, uid) => Math.max(most, uid), 0)
  return box.create({
    ...blankCursor(ctx, snapshot, 1),
    baselineAt,
    floor,
    taken: formatUidSet(above(uidSetOf(old), floor)),
    fullAt: ctx.ports.clock.now(),
  })
}

/** A new epoch, durable before anything of it is fetched (mail-rules A3). */
export function nextEpoch(
  ctx: PollContext,
  cursor: ImapCursor,
  { snapshot, cause }: { snapshot: MailboxSnapshot; cause: Remap["cause"] },
): ImapCursor {
  return {
    ...blankCursor(ctx, snapshot, cursor.epoch + 1),
    baselineAt: cursor.baselineAt,
    lease: cursor.lease,
    remap: { cause, since: ctx.ports.clock.now(), matched: 0, fresh: 0 },
  }
}

/**
 * Matches the mails of a new epoch against those taken before: a mail that is found keeps its id and makes no event, mail older
 * than all we know is skipped, the rest is new (mail-rules A4). Ends with one `mailbox.reset`.
 */
export async function remapMailbox(
  ctx: PollContext,
  box: Box<ImapCursor>,
  { cursor, remap }: { cursor: ImapCursor; remap: Remap },
): Promise<ImapCursor> {
  const { ports, account } = ctx
  const known = await knownMails(ports, account)
  // A mail that lived through an earlier reset stands there once for each UID it had.
  const entries = [
    ...new Map(known.entries.filter((one) => one.mailbox === cursor.mailbox).map((one) => [one.id, one])).values(),
  ]
  const listed = await ctx.session.list({ from: 1 })
  const prints = await fingerprints(ctx, listed, entries)
  const { pairs, unmatched } = matchReset(prints, entries)
  const skip = oldMail(unmatched, { entries, overflowed: known.overflowed, baselineAt: cursor.baselineAt })
  const event = {
    id: ports.ids.derive("evt", account.incarnation, cursor.mailbox, String(cursor.epoch), "mailbox.reset"),
    type: "mailbox.reset" as const,
    account: account.id,
    tenant: account.settings.tenant,
    test: false,
    sequence: mailSequence(cursor.epoch, 0),
    mailbox: cursor.mailbox,
    data: {
      account: account.id,
      mailbox: cursor.mailbox,
      cause: remap.cause,
      matched: pairs.length,
      skipped: skip.length,
      new: unmatched.length - skip.length,
    },
  }
  await announceEvents(ports, [event])
  const done = [...pairs.map(({ listed: mail }) => mail.uid), ...skip.map((mail) => mail.uid)]
  return box.commit((current, now) => ({
    ...current,
    taken: formatUidSet(above(uidSetOf(done), current.floor)),
    remap: null,
    fullAt: now,
  }))
}

/** Sorts the events of a mailbox as text. */
export function mailSequence(epoch: number, uid: number): string {
  return `${String(epoch).padStart(6, "0")}-${String(uid).padStart(10, "0")}`
}

type ListedPrint = Fingerprint & { uid: number }

/** Headers are read only of mails whose date or size a known mail has: others can match by the server's id alone. */
async function fingerprints(
  ctx: PollContext,
  listed: readonly ListedMail[],
  known: readonly LedgerEntry[],
): Promise<ListedPrint[]> {
  const sizes = new Set(known.map((one) => one.size))
  const dates = new Set(known.map((one) => one.date))
  const emailIds = new Set(known.map((one) => one.emailId).filter((id) => id !== null))
  const wanted = listed.filter((mail) => {
    if (mail.emailId !== undefined && emailIds.has(mail.emailId)) return false
    return sizes.has(mail.size) || dates.has(mail.internalDate ?? null)
  })
  const keys = await headerKeys(
    ctx,
    wanted.map((mail) => mail.ref),
  )
  return listed.map((mail) => ({
    uid: mail.ref,
    key: keys.get(mail.ref) ?? null,
    date: mail.internalDate ?? null,
    size: mail.size,
    emailId: mail.emailId ?? null,
  }))
}

/** Message keys by ref, from headers alone. */
export async function headerKeys(ctx: PollContext, refs: readonly number[]): Promise<Map<number, string>> {
  const keys = new Map<number, string>()
  for (let at = 0; at < refs.length; at += headersAtOnce) {
    for (const [ref, block] of await ctx.session.headers(refs.slice(at, at + headersAtOnce))) {
      const { messageId } = await ctx.ports.parser.parseHeaders(block)
      keys.set(ref, messageKey(ctx.ports.ids, { messageId, headerHash: headerHash(ctx.ports.ids, block) }))
    }
  }
  return keys
}

/** Older than the baseline and than everything remembered. A ledger that ran over forgot mail itself, so its age alone decides then. */
function oldMail(
  unmatched: readonly ListedPrint[],
  { entries, overflowed, baselineAt }: KnownMails & { baselineAt: number },
): ListedPrint[] {
  const oldest = entries.reduce((least, one) => Math.min(least, one.date ?? least), Number.POSITIVE_INFINITY)
  return unmatched.filter((mail) => isBaseline(mail.date, oldest) && (overflowed || isBaseline(mail.date, baselineAt)))
}

function blankCursor(ctx: PollContext, snapshot: MailboxSnapshot, epoch: number): ImapCursor {
  return {
    protocol: "imap",
    incarnation: ctx.account.incarnation,
    mailbox: snapshot.path,
    epoch,
    generation: ctx.account.intakeGeneration,
    uidValidity: snapshot.uidValidity ?? "0",
    baselineAt: 0,
    floor: 0,
    taken: "",
    holes: [],
    pending: [],
    inflight: null,
    lease: null,
    remap: null,
    parked: [],
    todo: "",
    settledTop: 0,
    seen: null,
    fullAt: 0,
    writtenAt: 0,
  }
}

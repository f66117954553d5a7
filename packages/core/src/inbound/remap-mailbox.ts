import { announceEvents } from "../event/announce-events.ts"
import type { ListedMail } from "../ports/mailbox-reader.ts"
import { addProgress, type ImapCursor, namesOf, type Remap } from "./cursor.ts"
import { findForgotten, isOld } from "./forgotten-mails.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import { matchReset } from "./match-reset.ts"
import { type Box, boxId } from "./open-box.ts"
import { isTimeUp, type PollContext } from "./poll-context.ts"
import { type KnownMails, knownMails } from "./recent-entries.ts"
import { readPrints } from "./reset-prints.ts"
import { mailSequence } from "./start-mailbox.ts"

/** Mails matched between two writes. */
const sliceMails = 500
/** With more gaps than this between the matched mails, what lies in them is taken before matching goes on. */
const maxTakenOctets = 16_000

/** Known mails that earlier slices gave away, in `box#<account>#<mailbox>#remap#<n>`. */
interface SlicePage {
  incarnation: string
  epoch: number
  ids: string[]
}

interface Slice {
  remap: Remap
  mails: readonly ListedMail[]
  known: KnownMails
  /** Ids given away; grows. */
  used: Set<string>
}

/**
 * Matches the mails of a new epoch against those taken before: a mail that is found keeps its id and makes no event, mail older
 * than all we know is skipped, the rest is new (mail-rules A4). Goes slice by slice, each written down, and ends with one
 * `mailbox.reset`. Answers a cursor with `remap` still set where work is left; what lies below `remap.upTo` may be taken meanwhile.
 */
export async function remapMailbox(ctx: PollContext, box: Box<ImapCursor>, cursor: ImapCursor): Promise<ImapCursor> {
  const { remap } = cursor
  if (remap === null) return cursor
  const known = await knownMails(ctx.ports, ctx.account)
  const used = await usedIds(ctx, cursor, remap)
  const listed = (await ctx.session.list({ from: remap.upTo + 1 }))
    .filter(({ ref }) => ref > remap.upTo)
    .sort((a, b) => a.ref - b.ref)
  let state = cursor
  for (let at = 0; at === 0 || at < listed.length; at += sliceMails) {
    if (state.remap === null || isTimeUp(ctx) || state.taken.length > maxTakenOctets) return state
    const mails = listed.slice(at, at + sliceMails)
    const isLast = at + sliceMails >= listed.length
    state = await matchSlice(ctx, box, { slice: { remap: state.remap, mails, known, used }, isLast })
  }
  await dropPages(ctx, state, remap)
  return state
}

async function matchSlice(
  ctx: PollContext,
  box: Box<ImapCursor>,
  { slice, isLast }: { slice: Slice; isLast: boolean },
): Promise<ImapCursor> {
  const { remap, mails, known, used } = slice
  const cursor = box.state
  if (cursor === null) throw new Error("a mailbox is matched before its cursor is there")
  const own = ownEntries(cursor, known.entries)
  const free = own.filter((one) => !used.has(one.id))
  const { pairs, unmatched } = matchReset(await readPrints(ctx, box, { listed: mails, known: free }), free)
  const { found, named } = await findForgotten(ctx, box, { unmatched, known, used })
  const ids = [...pairs.map((pair) => pair.known.id), ...found.values()]
  for (const id of ids) used.add(id)
  const open = unmatched.filter((mail) => !found.has(mail.uid))
  const skip = open.filter((mail) => isOld(ctx, mail, { cursor, own, known, named })).map((mail) => mail.uid)
  const next: Remap = {
    ...remap,
    matched: remap.matched + ids.length,
    skipped: remap.skipped + skip.length,
    fresh: remap.fresh + open.length - skip.length,
    upTo: mails.at(-1)?.ref ?? remap.upTo,
    slices: remap.slices + 1,
  }
  if (isLast) await announceReset(ctx, cursor, next)
  else await writePage(ctx, cursor, { n: remap.slices, ids })
  const taken = [...pairs.map(({ listed }) => listed.uid), ...found.keys(), ...skip]
  return box.commit((current, now) => {
    const progress = addProgress(current, { taken, unstored: skip }, now)
    // New mails may lie anywhere below: all UIDs are listed next.
    return { ...progress, remap: isLast ? null : next, fullAt: 0 }
  })
}

/** A mail that lived through an earlier reset stands there once for each UID it had. */
function ownEntries(cursor: ImapCursor, entries: readonly LedgerEntry[]): LedgerEntry[] {
  const names = namesOf(cursor)
  return [...new Map(entries.filter((one) => names.includes(one.mailbox)).map((one) => [one.id, one])).values()]
}

async function announceReset(ctx: PollContext, { mailbox, epoch }: ImapCursor, remap: Remap): Promise<void> {
  const { ports, account } = ctx
  const { cause, matched, skipped, fresh } = remap
  await announceEvents(ports, [
    {
      id: ports.ids.derive("evt", account.incarnation, mailbox, String(epoch), "mailbox.reset"),
      type: "mailbox.reset",
      account: account.id,
      tenant: account.settings.tenant,
      test: false,
      sequence: mailSequence(epoch, 0),
      mailbox,
      data: { account: account.id, mailbox, cause, matched, skipped, new: fresh },
    },
  ])
}

const pageId = (ctx: PollContext, cursor: ImapCursor, n: number): string => `${boxId(ctx, cursor.mailbox)}#remap#${n}`

async function usedIds(ctx: PollContext, cursor: ImapCursor, { slices }: Remap): Promise<Set<string>> {
  const ids = Array.from({ length: slices }, (_, n) => pageId(ctx, cursor, n))
  const pages = ids.length === 0 ? [] : await ctx.ports.records.getMany<SlicePage>(ids)
  const ours = pages.filter(({ body }) => body.incarnation === cursor.incarnation && body.epoch === cursor.epoch)
  return new Set(ours.flatMap(({ body }) => body.ids))
}

async function writePage(ctx: PollContext, cursor: ImapCursor, { n, ids }: { n: number; ids: string[] }) {
  const { incarnation, epoch } = cursor
  await ctx.ports.records.put<SlicePage>({ id: pageId(ctx, cursor, n), body: { incarnation, epoch, ids } })
}

/** What is left here by a cut-off is of an old epoch, and overwritten by the next reset. */
async function dropPages(ctx: PollContext, cursor: ImapCursor, { slices }: Remap): Promise<void> {
  for (let n = 0; n < slices; n++) await ctx.ports.records.delete(pageId(ctx, cursor, n))
}

import type { MailboxSnapshot } from "../ports/mailbox-reader.ts"
import { baselineTime, isBaseline } from "./baseline.ts"
import { type ImapCursor, newRemap, type Remap } from "./cursor.ts"
import { rememberName } from "./mailbox-names.ts"
import { headerHash, messageKey } from "./message-key.ts"
import type { Box } from "./open-box.ts"
import type { PollContext } from "./poll-context.ts"
import { above, formatUidSet, oldestOf, uidSetOf } from "./uid-set.ts"

const headersAtOnce = 200
const maxBaselineOctets = 36_000

/** Time before which mail was there before us, by the account's settings. */
export function accountBaseline(ctx: PollContext, history: string): number {
  return baselineTime(history, Date.parse(ctx.account.created_at), ctx.ports.clock.now())
}

/** First session of a mailbox: what is older than the baseline counts as taken (mail-rules C1 to C3). */
export async function firstCursor(
  ctx: PollContext,
  box: Box<ImapCursor>,
  { snapshot, baselineAt, epoch }: { snapshot: MailboxSnapshot; baselineAt: number; epoch: number },
): Promise<ImapCursor> {
  await rememberName(ctx, snapshot)
  const listed = snapshot.exists === 0 ? [] : await ctx.session.list({ from: 1 })
  const old = listed.filter((mail) => isBaseline(mail.internalDate, baselineAt)).map((mail) => mail.ref)
  const fresh = listed.filter((mail) => !isBaseline(mail.internalDate, baselineAt)).map((mail) => mail.ref)
  // Below the first mail that is new, nothing can come late: the floor stands there.
  const oldest = fresh.reduce((least, uid) => Math.min(least, uid), Number.MAX_SAFE_INTEGER)
  const floor = old.filter((uid) => uid < oldest).reduce((most, uid) => Math.max(most, uid), 0)
  return box.create({
    ...blankCursor(ctx, snapshot, epoch),
    baselineAt,
    floor,
    decidedTo: floor,
    // More than fits is delivered rather than forgotten with what lies between.
    taken: oldestOf(formatUidSet(above(uidSetOf(old), floor)), maxBaselineOctets),
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
    formerNames: cursor.formerNames,
    remap: newRemap(cause, ctx.ports.clock.now()),
  }
}

/** Sorts the events of a mailbox as text. */
export function mailSequence(epoch: number, uid: number): string {
  return `${String(epoch).padStart(6, "0")}-${String(uid).padStart(10, "0")}`
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

function blankCursor(ctx: PollContext, snapshot: MailboxSnapshot, epoch: number): ImapCursor {
  return {
    protocol: "imap",
    incarnation: ctx.account.incarnation,
    mailbox: snapshot.path,
    epoch,
    generation: ctx.account.intakeGeneration,
    uidValidity: snapshot.uidValidity ?? "0",
    mailboxId: snapshot.mailboxId,
    formerNames: [],
    moved: false,
    baselineAt: 0,
    floor: 0,
    taken: "",
    holes: [],
    pending: [],
    inflight: null,
    lease: null,
    remap: null,
    parked: "",
    unstored: "",
    todo: "",
    settledTop: 0,
    decidedTo: 0,
    seen: null,
    fullAt: 0,
    writtenAt: 0,
  }
}

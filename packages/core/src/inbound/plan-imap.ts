import type { ListedMail, MailboxSnapshot } from "../ports/mailbox-reader.ts"
import { type ImapCursor, type Remap, takenOf, topOf } from "./cursor.ts"
import { isDue, isHopeless, type PendingMail } from "./pending.ts"
import { coarsen, hasUid, parseUidSet, type UidSet, unite } from "./uid-set.ts"

const dayMs = 24 * 60 * 60_000
/** FETCH commands spent on looking at holes again. */
const maxHoleRanges = 8

/** Whether the mailbox is another one than the cursor speaks of (mail-rules A3). */
export function resetCause(
  cursor: ImapCursor,
  snapshot: Pick<MailboxSnapshot, "uidValidity" | "uidNext">,
  generation: number,
): Remap["cause"] | null {
  if ((snapshot.uidValidity ?? "0") !== cursor.uidValidity) return "uidvalidity_changed"
  if (cursor.generation !== generation) return "server_changed"
  const highest = topOf(cursor)
  if (snapshot.uidNext !== null && highest > 0 && snapshot.uidNext <= highest) return "uidnext_went_back"
  return null
}

export interface ListingPlan {
  /** Ranges of UIDs to list; empty when the server shows nothing new. */
  ranges: { from: number; to?: number }[]
  /** All UIDs above the floor are listed. */
  full: boolean
}

/** What to list: the new range, open holes once something changed, all UIDs once a day (mail-rules B3). */
export function planListing(cursor: ImapCursor, snapshot: MailboxSnapshot, now: number): ListingPlan {
  if (now - cursor.fullAt >= dayMs) return { ranges: [{ from: cursor.floor + 1 }], full: true }
  const { seen } = cursor
  const same = seen !== null && seen.exists === snapshot.exists && seen.uidNext === snapshot.uidNext
  if (same && snapshot.uidNext !== null) return { ranges: [], full: false }
  const holes = cursor.holes.reduce<UidSet>((all, hole) => unite(all, parseUidSet(hole.uids)), [])
  const again = same ? [] : coarsen(holes, maxHoleRanges)
  return { ranges: [...again.map(([from, to]) => ({ from, to })), { from: topOf(cursor) + 1 }], full: false }
}

/** EXISTS grew but no new UID came: a mail became visible somewhere below (mail-rules B3). */
export function needsFullListing(
  cursor: ImapCursor,
  snapshot: MailboxSnapshot,
  listed: readonly ListedMail[],
): boolean {
  if (cursor.seen === null || snapshot.exists <= cursor.seen.exists) return false
  return newOnes(cursor, listed).length === 0
}

/** Listed mails that nothing was decided about yet, ascending, each once. */
export function newOnes(cursor: ImapCursor, listed: readonly ListedMail[]): ListedMail[] {
  const taken = takenOf(cursor)
  const pending = new Set(cursor.pending.map((one) => Number(one.key)))
  const byUid = new Map<number, ListedMail>()
  for (const mail of listed) {
    // Rows below what was asked for, such as the last mail of `n:*` (mail-rules B2).
    if (mail.ref <= cursor.floor || hasUid(taken, mail.ref) || pending.has(mail.ref)) continue
    byUid.set(mail.ref, mail)
  }
  return [...byUid.values()].sort((a, b) => a.ref - b.ref)
}

/** Mails that failed before: to be asked again alone, or given up (mail-rules B4). */
export function planPending(
  cursor: Pick<ImapCursor, "pending">,
  { now, asked = false }: { now: number; asked?: boolean },
): { again: PendingMail[]; hopeless: PendingMail[] } {
  const hopeless = asked ? [] : cursor.pending.filter((one) => isHopeless(one, now))
  const again = cursor.pending.filter((one) => !hopeless.includes(one) && (asked || isDue(one, now)))
  return { hopeless, again }
}

export const maxInflightPolls: number = 3

/** Cuts a list into batches bounded by count and octets; a mail over the bound is a batch of its own. */
export function cutBatches<T extends { size: number }>(
  mails: readonly T[],
  bounds: { maxMails: number; maxBytes: number },
): T[][] {
  const batches: T[][] = []
  let bytes = 0
  for (const mail of mails) {
    const batch = batches.at(-1)
    if (batch === undefined || batch.length >= bounds.maxMails || bytes + mail.size > bounds.maxBytes) {
      batches.push([mail])
      bytes = mail.size
    } else {
      batch.push(mail)
      bytes += mail.size
    }
  }
  return batches
}

import type { ListedMail } from "../ports/mailbox-reader.ts"
import { lastChance, maxPending } from "./pending.ts"
import type { MailboxPoll } from "./take-imap.ts"
import { coarsen, hasUid, parseUidSet } from "./uid-set.ts"

/** Parked mails that one poll tries again. */
const maxAgain = 20
/** FETCH commands spent on looking for them where not all UIDs were listed. */
const maxRanges = 8

/**
 * Parked mails get one more try when somebody asks for a poll and with the daily listing of all UIDs. They join the pending ones, and
 * the next failure parks them again, without another event. Answers the UIDs of parked mails that are to be tried.
 */
export async function parkedAgain(
  { ctx, box }: MailboxPoll,
  listing: { mails: readonly ListedMail[]; full: boolean },
): Promise<ReadonlySet<number>> {
  const cursor = box.state
  const parked = parseUidSet(cursor?.parked ?? "")
  if (cursor === null || parked.length === 0) return new Set()
  const pending = cursor.pending.map((one) => Number(one.key))
  const before = pending.filter((uid) => hasUid(parked, uid))
  if (!ctx.asked && !listing.full) return new Set(before)
  const listed = [...listing.mails]
  if (!listing.full)
    for (const [from, to] of coarsen(parked, maxRanges)) listed.push(...(await ctx.session.list({ from, to })))
  const room = Math.max(0, Math.min(maxAgain, maxPending - cursor.pending.length))
  const again = new Map(
    listed.filter(({ ref }) => hasUid(parked, ref) && !pending.includes(ref)).map((mail) => [mail.ref, mail]),
  )
  const some = room === 0 ? [] : [...again.values()].slice(-room)
  if (some.length === 0) return new Set(before)
  await box.commit((current, now) => {
    const added = some.map(({ ref, size, internalDate = null }) => {
      return lastChance({ key: String(ref), size, internalDate }, now)
    })
    return { ...current, pending: [...current.pending, ...added] }
  })
  return new Set([...before, ...some.map(({ ref }) => ref)])
}

import type { ListedEntry } from "./delete-pop3.ts"
import { uidlOf } from "./guarded-tops.ts"
import { lastChance, maxPending } from "./pending.ts"
import { entryKey, type Pop3Listed } from "./pop3-state.ts"
import { type FreshOutcome, type MaildropPoll, takeFresh } from "./take-pop3.ts"

const dayMs = 24 * 60 * 60_000
/** Parked mails that one poll tries again. */
const maxAgain = 20

/**
 * Parked mails get one more try when somebody asks for a poll, and once a day. They join the pending ones; the next failure parks
 * them again, without another event.
 */
export async function takeParkedAgain(poll: MaildropPoll, known: readonly ListedEntry[]): Promise<FreshOutcome | null> {
  const { ctx, box } = poll
  const now = ctx.ports.clock.now()
  const parked = known.filter(({ entry }) => entry.state === "parked")
  const pending = new Set(box.state?.pending.map((one) => one.key))
  const isPending = ({ entry }: ListedEntry) => pending.has(entryKey(entry))
  const fresh = parked.filter((one) => !isPending(one) && (ctx.asked || now - one.entry.at >= dayMs))
  const room = Math.max(0, Math.min(maxAgain, maxPending - pending.size))
  const some = fresh.slice(0, room)
  const mails = [...parked.filter(isPending), ...some].map(({ mail, entry }) => ({ mail, n: entry.n }))
  if (mails.length === 0) return null
  if (some.length > 0) {
    const added = some.map(({ mail, entry }) => {
      return lastChance({ key: entryKey(entry), size: mail.size, internalDate: null }, now)
    })
    await box.commit((state) => ({ ...state, pending: [...state.pending, ...added] }))
  }
  return takeFresh(poll, mails, { once: true })
}

/** Pending mails that are listed no more are gone. */
export async function forgetPending({ box }: MaildropPoll, listed: readonly Pop3Listed[]): Promise<void> {
  const there = new Set(listed.map((mail) => mail.uidl))
  if (box.state?.pending.every((one) => there.has(uidlOf(one.key))) !== false) return
  await box.commit((state) => ({ ...state, pending: state.pending.filter((one) => there.has(uidlOf(one.key))) }))
}

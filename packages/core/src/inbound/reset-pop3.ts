import { announceEvents } from "../event/announce-events.ts"
import { newRemap, type Remap } from "./cursor.ts"
import { messageKey } from "./message-key.ts"
import { wasReset } from "./plan-pop3.ts"
import type { Pop3Cursor, Pop3Entry } from "./pop3-state.ts"
import { storedSince } from "./recent-entries.ts"
import type { MaildropPoll } from "./take-pop3.ts"

/** How far back the records are searched for mails whose entries are missing. */
const storedMs = 24 * 60 * 60_000

/** Another server: a new epoch, durable before anything of it is fetched (mail-rules A3). */
export async function startEpoch(poll: MaildropPoll, since: number): Promise<void> {
  const { ctx, box } = poll
  const state = box.state
  if (state === null) return
  await recoverStored(poll, since)
  const generation = ctx.account.intakeGeneration
  await box.create({ ...state, epoch: state.epoch + 1, generation, remap: newRemap("server_changed", since) })
}

/**
 * The UIDLs may have been made anew: in the end it counts how many of the mails that went came back under another one. Written before
 * their entries say that they went, so that a cut-off in between counts them again.
 */
export async function expectReset(poll: MaildropPoll, { gone, since }: { gone: number; since: number }): Promise<void> {
  const recovered = await recoverStored(poll, since)
  await poll.box.commit((state) => ({ ...state, remap: newRemap("uidls_changed", since, gone + recovered) }))
}

export function addCounts(state: Pop3Cursor, counts: { matched: number; fresh: number }): Pop3Cursor {
  const { remap } = state
  if (remap === null) return state
  return { ...state, remap: { ...remap, matched: remap.matched + counts.matched, fresh: remap.fresh + counts.fresh } }
}

/** Everything listed is decided: the baseline stands, and a reset is told of, once, if it was one (mail-rules A4). */
export async function finish({ ctx, box, pages }: MaildropPoll): Promise<void> {
  const state = box.state
  if (state === null || (state.baselineDone && state.remap === null)) return
  const { mailbox } = state
  const remap = state.remap?.cause === "uidls_changed" ? counted(state.remap, pages.all()) : state.remap
  const made = remap?.cause === "uidls_changed" && wasReset(remap)
  const epoch = made ? state.epoch + 1 : state.epoch
  if (remap !== null && (made || remap.cause !== "uidls_changed")) {
    const { ports, account } = ctx
    const { cause, matched, fresh } = remap
    await announceEvents(ports, [
      {
        id: ports.ids.derive("evt", account.incarnation, mailbox, String(epoch), "mailbox.reset"),
        type: "mailbox.reset",
        account: account.id,
        tenant: account.settings.tenant,
        test: false,
        sequence: `${String(epoch).padStart(6, "0")}-0`,
        mailbox,
        data: { account: account.id, mailbox, cause, matched, new: fresh },
      },
    ])
  }
  await box.commit((current) => ({ ...current, epoch, baselineDone: true, remap: null }))
}

/** What is not gone any more came back; entries tell it, whatever was cut off. */
function counted(remap: Remap, entries: readonly Pop3Entry[]): Remap {
  const still = entries.filter(({ goneAt, state }) => goneAt !== null && goneAt >= remap.since && state !== "deleted")
  return { ...remap, matched: Math.max(0, remap.gone - still.length) }
}

/** Mails stored by a poll that died before it wrote their entries: under other UIDLs their ids would be others (mail-rules A5). */
async function recoverStored({ ctx, pages }: MaildropPoll, now: number): Promise<number> {
  const { records, ids } = ctx.ports
  const known = new Set(pages.all().map((entry) => entry.id))
  const stored = await storedSince(records, ctx.account, now - storedMs)
  let recovered = 0
  for (const { summary, listedSize } of stored) {
    if (summary.source !== "pop3" || known.has(summary.id)) continue
    const uidl = summary.uidl ?? ""
    const entry: Pop3Entry = {
      uidl,
      n: pages.all().reduce((most, one) => (one.uidl === uidl ? Math.max(most, one.n) : most), -1) + 1,
      size: listedSize ?? summary.size,
      state: "taken",
      at: Date.parse(summary.created_at),
      goneAt: now,
      hash: "",
      key: messageKey(ids, { messageId: summary.message_id, headerHash: "" }),
      date: Date.parse(summary.received_at),
      id: summary.id,
    }
    pages.set([entry])
    recovered++
  }
  await pages.flush()
  return recovered
}

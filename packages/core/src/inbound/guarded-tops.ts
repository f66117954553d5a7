import type { Box } from "./open-box.ts"
import { maxPending, notePending } from "./pending.ts"
import { faultOf, type PollContext } from "./poll-context.ts"
import { entryKey, type Pop3Cursor, type Pop3Listed } from "./pop3-state.ts"

/** Header blocks asked for at once. */
const atOnce = 100

export interface HeaderPoll {
  ctx: PollContext
  box: Box<Pop3Cursor>
}

/**
 * `TOP n 0` of mails, by message number. One that breaks the session must not stop the maildrop for ever: after a fault the next poll
 * asks for them one by one, and the one that breaks it then counts as a failed try; pending mails are not asked (mail-rules B4, B5).
 */
export async function* guardedTops(
  { ctx, box }: HeaderPoll,
  mails: readonly Pop3Listed[],
): AsyncGenerator<[ref: number, block: Uint8Array]> {
  const broken = new Set(box.state?.pending.map((one) => uidlOf(one.key)))
  const wanted = mails.filter(({ uidl }) => !broken.has(uidl))
  const step = box.state?.inflight == null ? atOnce : 1
  for (let at = 0; at < wanted.length; at += step) {
    const group = wanted.slice(at, at + step)
    let blocks: Map<number, Uint8Array>
    try {
      blocks = await ctx.session.headers(group.map(({ ref }) => ref))
    } catch (error) {
      if (faultOf(error) !== null) await noteBroken(box, group)
      throw error
    }
    yield* blocks
  }
}

/** Of an entry's key. */
export const uidlOf = (key: string): string => key.slice(key.indexOf(" ") + 1)

async function noteBroken(box: Box<Pop3Cursor>, group: readonly Pop3Listed[]): Promise<void> {
  const [first] = group
  if (first === undefined || box.state === null) return
  const key = entryKey({ uidl: first.uidl, n: 0 })
  await box.commit((state, now) => {
    if (group.length > 1) return { ...state, inflight: { key, polls: 0 } }
    const failed = { key, size: first.size, internalDate: null, reason: "its header broke the connection" }
    return { ...state, pending: notePending(state.pending, failed, now).slice(-maxPending), inflight: null }
  })
}

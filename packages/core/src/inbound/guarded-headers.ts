import { addProgress, type ImapCursor } from "./cursor.ts"
import type { Box } from "./open-box.ts"
import { faultOf, type PollContext } from "./poll-context.ts"

const headersAtOnce = 200

interface Wanted {
  uid: number
  size: number
  date: number | null
}

/**
 * Headers of mails of a mailbox that is being matched. One that breaks the session must not stop that for ever: after a fault they
 * are asked for one by one, and the one that breaks it then counts as a failed try and is left out here from then on (mail-rules B4).
 */
export async function* guardedHeaders(
  ctx: PollContext,
  box: Box<ImapCursor>,
  mails: readonly Wanted[],
): AsyncGenerator<[uid: number, block: Uint8Array]> {
  const broken = new Set(box.state?.pending.map((one) => one.key))
  const wanted = mails.filter(({ uid }) => !broken.has(String(uid)))
  const step = box.state?.remap?.oneByOne === true ? 1 : headersAtOnce
  for (let at = 0; at < wanted.length; at += step) {
    const group = wanted.slice(at, at + step)
    let blocks: Map<number, Uint8Array>
    try {
      blocks = await ctx.session.headers(group.map(({ uid }) => uid))
    } catch (error) {
      if (faultOf(error) !== null) await noteBroken(box, group)
      throw error
    }
    yield* blocks
  }
}

async function noteBroken(box: Box<ImapCursor>, group: readonly Wanted[]): Promise<void> {
  const [first] = group
  await box.commit((current, now) => {
    const { remap } = current
    if (remap === null || first === undefined) return current
    if (group.length > 1) return { ...current, remap: { ...remap, oneByOne: true } }
    const reason = "its header broke the connection"
    const failed = [{ key: String(first.uid), size: first.size, internalDate: first.date, reason }]
    return addProgress(current, { taken: [], failed }, now)
  })
}

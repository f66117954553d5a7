import type { ListedMail } from "../ports/mailbox-reader.ts"
import type { ImapCursor } from "./cursor.ts"
import type { ListedPrint } from "./forgotten-mails.ts"
import { guardedHeaders } from "./guarded-headers.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import { headerHash, messageKey } from "./message-key.ts"
import type { Box } from "./open-box.ts"
import type { PollContext } from "./poll-context.ts"

/** Headers are read only of mails whose date or size a known mail has: others can match by the server's id alone. */
export async function readPrints(
  ctx: PollContext,
  box: Box<ImapCursor>,
  { listed, known }: { listed: readonly ListedMail[]; known: readonly LedgerEntry[] },
): Promise<ListedPrint[]> {
  const sizes = new Set(known.map((one) => one.size))
  const dates = new Set(known.map((one) => one.date))
  const emailIds = new Set(known.map((one) => one.emailId).filter((id) => id !== null))
  const wanted = listed.filter((mail) => {
    if (mail.emailId !== undefined && emailIds.has(mail.emailId)) return false
    return sizes.has(mail.size) || dates.has(mail.internalDate ?? null)
  })
  const keys = new Map<number, string>()
  for await (const [uid, block] of guardedHeaders(ctx, box, wanted.map(printOf))) {
    const { messageId } = await ctx.ports.parser.parseHeaders(block)
    keys.set(uid, messageKey(ctx.ports.ids, { messageId, headerHash: headerHash(ctx.ports.ids, block) }))
  }
  return listed.map(printOf).map((mail) => ({ ...mail, key: keys.get(mail.uid) ?? null }))
}

function printOf(mail: ListedMail): ListedPrint {
  return { uid: mail.ref, key: null, date: mail.internalDate ?? null, size: mail.size, emailId: mail.emailId ?? null }
}

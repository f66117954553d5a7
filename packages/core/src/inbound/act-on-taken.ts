import type { ImapIntake } from "../account/account.ts"
import type { ListedMail, MailboxChange } from "../ports/mailbox-reader.ts"
import { type ImapCursor, takenOf } from "./cursor.ts"
import type { Box } from "./open-box.ts"
import type { PollContext } from "./poll-context.ts"
import { hasUid, parseUidSet } from "./uid-set.ts"

const dayMs = 24 * 60 * 60_000
const atOnce = 500

/** The account asks for something to be done with mails on the server once they are taken (mail-rules E1). */
export function actsOnTaken(settings: ImapIntake): boolean {
  return settings.mark_seen || settings.move_to !== null || settings.delete === "after_store"
}

/** Does it for the mails in the cursor's `todo`, then forgets them; a cut-off is made good by the next poll. */
export async function actOnTaken(ctx: PollContext, box: Box<ImapCursor>, settings: ImapIntake): Promise<void> {
  const uids = parseUidSet(box.state?.todo ?? "").flatMap(([from, to]) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index),
  )
  if (uids.length === 0) return
  for (let at = 0; at < uids.length; at += atOnce) {
    const some = uids.slice(at, at + atOnce)
    for (const change of changesFor(settings, box.state?.mailbox)) await ctx.session.change(some, change)
  }
  const done = box.state?.todo
  await box.commit((cursor) => (cursor.todo === done ? { ...cursor, todo: "" } : cursor))
}

function changesFor(settings: ImapIntake, mailbox: string | undefined): MailboxChange[] {
  const changes: MailboxChange[] = []
  if (settings.mark_seen) changes.push({ addFlags: ["\\Seen"] })
  if (settings.delete === "after_store") changes.push({ delete: true })
  // A move into the same mailbox would make new mail of it.
  else if (settings.move_to !== null && settings.move_to !== mailbox) changes.push({ moveTo: settings.move_to })
  return changes
}

/** Stored mails that have been on the server for the days of `delete: { after_days }`; what was there before us is not ours to delete. */
export async function deleteExpired(
  ctx: PollContext,
  { cursor, settings, listed }: { cursor: ImapCursor; settings: ImapIntake; listed: readonly ListedMail[] },
): Promise<void> {
  if (typeof settings.delete === "string") return
  const before = ctx.ports.clock.now() - settings.delete.after_days * dayMs
  const taken = takenOf(cursor)
  const unstored = parseUidSet(cursor.unstored)
  const due = listed.filter((mail) => {
    const { internalDate, ref } = mail
    if (internalDate === undefined || internalDate > before || internalDate < cursor.baselineAt) return false
    return hasUid(taken, ref) && !hasUid(unstored, ref)
  })
  for (let at = 0; at < due.length; at += atOnce) {
    await ctx.session.change(
      due.slice(at, at + atOnce).map((mail) => mail.ref),
      { delete: true },
    )
  }
}

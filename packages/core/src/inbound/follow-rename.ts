import type { MailboxSnapshot } from "../ports/mailbox-reader.ts"
import type { ImapCursor } from "./cursor.ts"
import { canBeRenamed, mailboxNames, rememberName } from "./mailbox-names.ts"
import { type Box, openBox } from "./open-box.ts"
import type { PollContext } from "./poll-context.ts"

const maxFormerNames = 5

/**
 * A mailbox without a cursor that bears the MAILBOXID of one polled under another name is that one, renamed: its cursor goes on here
 * (mail-rules A8). Its epoch is above any that this name had, so that no id is used twice. Answers the cursor, or null.
 */
export async function followRename(
  ctx: PollContext,
  box: Box<ImapCursor>,
  snapshot: MailboxSnapshot,
): Promise<ImapCursor | null> {
  const { path, mailboxId } = snapshot
  if (mailboxId === null || !canBeRenamed(path)) return null
  const before = box.state
  if (before !== null && !before.moved && before.mailboxId === mailboxId) return null
  const [former] = ((await mailboxNames(ctx))[mailboxId] ?? []).filter((name) => name !== path)
  if (former === undefined) return null
  const old = await openBox<ImapCursor>(ctx, former)
  if (old.state === null || old.state.moved || old.state.mailboxId !== mailboxId) return null
  const cursor = await box.create({
    ...old.state,
    mailbox: path,
    epoch: Math.max(old.state.epoch, (before?.epoch ?? 0) + 1),
    formerNames: [former, ...old.state.formerNames.filter((name) => name !== path)].slice(0, maxFormerNames),
    lease: null,
  })
  await rememberName(ctx, snapshot)
  await old.commit((state) => ({ ...state, moved: true }))
  return cursor
}

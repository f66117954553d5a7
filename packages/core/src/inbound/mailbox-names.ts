import type { MailboxSnapshot } from "../ports/mailbox-reader.ts"
import { boxRecordId } from "./cursor.ts"
import type { PollContext } from "./poll-context.ts"

const maxOctets = 80_000
const maxNames = 5
const maxTries = 8

/** Names that each mailbox had, the last one first, by MAILBOXID (mail-rules A8). */
interface MailboxNames {
  incarnation: string
  names: Record<string, string[]>
}

const namesId = (ctx: PollContext): string => boxRecordId(ctx.account.id, "~names")

/** INBOX cannot be renamed: RENAME moves its mails away (RFC 9051 section 6.3.6). */
export const canBeRenamed = (path: string): boolean => path.toUpperCase() !== "INBOX"

export async function mailboxNames(ctx: PollContext): Promise<Record<string, string[]>> {
  const stored = await ctx.ports.records.get<MailboxNames>(namesId(ctx))
  return stored?.body.incarnation === ctx.account.incarnation ? stored.body.names : {}
}

/** Written before the cursor, so that whatever has one can be followed. Where there are too many the first known are forgotten. */
export async function rememberName(ctx: PollContext, { path, mailboxId }: MailboxSnapshot): Promise<void> {
  if (mailboxId === null || !canBeRenamed(path)) return
  const { records } = ctx.ports
  const { incarnation } = ctx.account
  for (let tries = 0; tries < maxTries; tries++) {
    const stored = await records.get<MailboxNames>(namesId(ctx))
    const before = stored?.body.incarnation === incarnation ? stored.body.names : {}
    const known = before[mailboxId] ?? []
    if (known[0] === path) return
    const { [mailboxId]: _, ...others } = before
    const kept = Object.entries({ ...others, [mailboxId]: [path, ...known.filter((one) => one !== path)] })
    const names = kept.map(([id, some]): [string, string[]] => [id, some.slice(0, maxNames)])
    while (names.length > 1 && new TextEncoder().encode(JSON.stringify(names)).length > maxOctets) names.shift()
    const body = { incarnation, names: Object.fromEntries(names) }
    const when = stored === undefined ? { absent: true as const } : { version: stored.v }
    if ((await records.put<MailboxNames>({ id: namesId(ctx), body }, when)).won) return
  }
  ctx.ports.log.warn("poll.name_not_written", { account: ctx.account.id })
}

import type { DeletePolicy } from "../account/account.ts"
import type { HeaderPoll } from "./guarded-tops.ts"
import { readFacts } from "./pop3-facts.ts"
import type { Pop3Entry, Pop3Listed } from "./pop3-state.ts"

const dayMs = 24 * 60 * 60_000
const atOnce = 100

export interface ListedEntry {
  mail: Pop3Listed
  entry: Pop3Entry
}

/**
 * Marks mails for deletion by the account's policy: only those taken, retrieved in this session or shown by the hash of `TOP n 0` to
 * be the mail we hold (mail-rules D3, E1). Answers what was marked; it counts once QUIT is confirmed.
 */
export async function markDeleted(
  poll: HeaderPoll,
  {
    policy,
    retrieved,
    known,
  }: { policy: DeletePolicy; retrieved: readonly ListedEntry[]; known: readonly ListedEntry[] },
): Promise<Pop3Entry[]> {
  const { ctx } = poll
  const isDue = dueBy(policy, ctx.ports.clock.now())
  const sure = retrieved.filter(({ entry }) => isDue(entry))
  const checked = known.filter(({ entry }) => isDue(entry))
  for (let at = 0; at < checked.length; at += atOnce) {
    const some = checked.slice(at, at + atOnce)
    const facts = await readFacts(
      poll,
      some.map(({ mail }) => mail),
    )
    sure.push(...some.filter(({ mail, entry }) => entry.hash !== "" && facts.get(mail.ref)?.hash === entry.hash))
  }
  if (sure.length === 0) return []
  await ctx.session.change(
    sure.map(({ mail }) => mail.ref),
    { delete: true },
  )
  return sure.map(({ entry }) => entry)
}

function dueBy(policy: DeletePolicy, now: number): (entry: Pop3Entry) => boolean {
  if (policy === "never") return () => false
  const before = policy === "after_store" ? Number.POSITIVE_INFINITY : now - policy.after_days * dayMs
  return (entry) => entry.state === "taken" && entry.at <= before
}

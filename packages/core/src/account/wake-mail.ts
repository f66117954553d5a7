import type { Ports } from "../ports/ports.ts"
import type { AccountRecord, PartName } from "./account.ts"

/**
 * Wakes the mail that waits for the account's servers where one of them may be tried again. If the queue is down the mail finds out by
 * itself, within minutes.
 */
export async function wakeMail(
  ports: Pick<Ports, "jobs" | "log">,
  change: { before: AccountRecord; after: AccountRecord },
): Promise<void> {
  const { before, after } = change
  const parts = after.settings.smtp.map((route): PartName => `smtp:${route.name}`)
  if (!parts.some((part) => before.status[part] !== after.status[part])) return
  try {
    await ports.jobs.send([{ job: { type: "wake_account.v1", account: after.id }, group: after.id }])
  } catch (error) {
    ports.log.warn("account.mail_not_woken", { account: after.id }, error)
  }
}

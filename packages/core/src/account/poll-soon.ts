import type { Ports } from "../ports/ports.ts"
import type { AccountRecord } from "./account.ts"
import { planOf } from "./plan.ts"

/** Sends a poll of the account at once, where it is polled at all. If the queue is down the plan polls it within its interval. */
export async function pollSoon(ports: Pick<Ports, "jobs" | "ids" | "log">, account: AccountRecord): Promise<void> {
  try {
    await sendPoll(ports, account)
  } catch (error) {
    ports.log.warn("account.poll_not_sent", { account: account.id }, error)
  }
}

/** Sends a poll; answers whether the account has an intake that is not paused. */
export async function sendPoll(
  ports: Pick<Ports, "jobs" | "ids">,
  account: AccountRecord,
  { asked = false } = {},
): Promise<boolean> {
  const plan = planOf(ports.ids, account)
  if (plan === null) return false
  const job = { type: "poll_accounts.v1" as const, host: plan.host, accounts: [account.id] }
  await ports.jobs.send([{ job: asked ? { ...job, asked } : job, group: plan.host }])
  return true
}

import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { AccountRecord } from "./account.ts"
import { getAccount } from "./get-account.ts"
import { intakePart } from "./part-status.ts"
import { sendPoll } from "./poll-soon.ts"

/**
 * Sends a poll of the account at once, beside its plan.
 * @throws RelayError `not_found`; `unsupported` without an intake; `state_conflict` when the intake is paused.
 */
export async function pollAccountNow(
  ports: Pick<Ports, "records" | "jobs" | "ids">,
  actor: Actor,
  id: string,
): Promise<AccountRecord> {
  const { body: account } = await getAccount(ports, actor, id)
  if (intakePart(account.settings) === null) {
    throw new RelayError("unsupported", `Account ${id} receives no mail.`, { fix: "Give it `imap` or `pop3`." })
  }
  if (!(await sendPoll(ports, account))) {
    throw new RelayError("state_conflict", `The intake of account ${id} is paused.`, {
      fix: `Resume it first: POST /v1/accounts/${id}/resume.`,
      extra: { current: "paused", allowed: ["auth_failed", "misconfigured", "unreachable", "connecting", "ok"] },
    })
  }
  return account
}

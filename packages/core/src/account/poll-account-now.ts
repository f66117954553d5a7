import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { AccountRecord } from "./account.ts"
import { changeAccount } from "./change-account.ts"
import { intakePart, partStatus } from "./part-status.ts"
import { sendPoll } from "./poll-soon.ts"

/**
 * Sends a poll of the account at once, beside its plan. An intake that rests after a failure is tried all the same, unless the server
 * refused its credentials or asked to be left alone: there a hurry does harm (mail-rules F2, F3), and `resume` says that it is meant.
 * @throws RelayError `not_found`; `unsupported` without an intake; `state_conflict` when the intake is paused.
 */
export async function pollAccountNow(
  ports: Pick<Ports, "records" | "jobs" | "ids">,
  actor: Actor,
  id: string,
): Promise<AccountRecord> {
  const { after: account } = await changeAccount(ports, actor, { id, change: endRest })
  if (intakePart(account.settings) === null) {
    throw new RelayError("unsupported", `Account ${id} receives no mail.`, { fix: "Give it `imap` or `pop3`." })
  }
  if (!(await sendPoll(ports, account, { asked: true }))) {
    throw new RelayError("state_conflict", `The intake of account ${id} is paused.`, {
      fix: `Resume it first: POST /v1/accounts/${id}/resume.`,
      extra: { current: "paused", allowed: ["auth_failed", "misconfigured", "unreachable", "connecting", "ok"] },
    })
  }
  return account
}

const hurryHarms: ReadonlySet<string> = new Set(["auth", "oauth", "throttled", "too_many_connections"])

function endRest(account: AccountRecord): AccountRecord {
  const part = intakePart(account.settings)
  if (part === null) return account
  const status = partStatus(account, part)
  if (status.retryAt === 0 || status.last_error === null || hurryHarms.has(status.last_error.class)) return account
  return { ...account, status: { ...account.status, [part]: { ...status, retryAt: 0 } } }
}

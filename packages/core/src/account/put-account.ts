import type { Actor } from "../key/key.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { type AccountRecord, accountRecordId } from "./account.ts"
import type { AccountInput } from "./account-input.ts"
import { applySettings } from "./apply-settings.ts"
import { changeAccount } from "./change-account.ts"
import { type AccountPorts, checkOwn, createAccount } from "./create-account.ts"
import { pollSoon } from "./poll-soon.ts"
import { prepareAccount } from "./prepare-account.ts"
import { wakeMail } from "./wake-mail.ts"

/**
 * Makes the account of this id be what the input says; the same again changes nothing. Secrets that are absent stay.
 * @throws RelayError as createAccount; `version_mismatch`, `not_found` (somebody else's), `state_conflict`.
 */
export async function putAccount(
  ports: AccountPorts,
  actor: Actor,
  request: { id: string; input: AccountInput; when: Precondition | undefined },
): Promise<{ record: AccountRecord; created: boolean }> {
  const { id, input, when } = request
  if ((await ports.records.get(accountRecordId(id))) === undefined) {
    checkPrecondition(undefined, when)
    return { record: await createAccount(ports, actor, { id, input }), created: true }
  }
  const record = await writeAccount(ports, actor, { id, when, input: () => input })
  return { record, created: false }
}

/** Writes new settings of an existing account, and polls it at once where its intake, or the way into it, changed. */
export async function writeAccount(
  ports: AccountPorts,
  actor: Actor,
  request: { id: string; when: Precondition | undefined; input: (current: AccountRecord) => AccountInput },
): Promise<AccountRecord> {
  const { before, after } = await changeAccount(ports, actor, {
    id: request.id,
    change: (current) => {
      checkPrecondition(current, request.when)
      const prepared = prepareAccount(request.input(current), ports.limits)
      checkOwn(actor, { account: request.id, tenant: prepared.settings.tenant, was: current.settings.tenant })
      return applySettings(ports, current, prepared)
    },
  })
  await wakeMail(ports, { before, after })
  const intakeChanged = (["imap", "pop3"] as const).some(
    (part) => after.status[part]?.state === "connecting" && before.status[part] !== after.status[part],
  )
  if (intakeChanged || before.intakeGeneration !== after.intakeGeneration) await pollSoon(ports, after)
  return after
}

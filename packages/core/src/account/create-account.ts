import { RelayError } from "../error/relay-error.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { checkChosenId } from "../record/chosen-id.ts"
import { type Once, onceId, originMark, wasMadeBy } from "../record/once.ts"
import { type AccountRecord, accountRecordId } from "./account.ts"
import { accountToStore } from "./account-index.ts"
import type { AccountInput } from "./account-input.ts"
import { sealSecrets } from "./apply-settings.ts"
import { checkAccountSize } from "./check-account-size.ts"
import { writePlan } from "./plan.ts"
import { pollSoon } from "./poll-soon.ts"
import { type PreparedAccount, prepareAccount } from "./prepare-account.ts"
import { keptSecrets } from "./split-secrets.ts"

export type AccountPorts = Pick<Ports, "records" | "jobs" | "secrets" | "ids" | "clock" | "limits" | "log">

export interface NewAccount {
  /** The caller's; null: one is made. */
  id: string | null
  input: AccountInput
  /** A repeat finds the account that an earlier run made, and answers the same. */
  once?: Once | undefined
  /** Called before anything is written; what it throws refuses the account. */
  verify?: (() => Promise<void>) | undefined
}

/**
 * Makes an account and polls it at once. The plan of its polls stands before the account does, so that no crash leaves an
 * account that is never polled.
 * @throws RelayError `already_exists`, `exceeds_own_rights`, `secret_required`, and as prepareAccount.
 */
export async function createAccount(ports: AccountPorts, actor: Actor, request: NewAccount): Promise<AccountRecord> {
  const { once } = request
  if (request.id !== null) checkChosenId(request.id)
  const id = request.id ?? onceId(ports.ids, "acc", once)
  const prepared = prepareAccount(request.input, ports.limits)
  checkOwn(actor, { account: id, tenant: prepared.settings.tenant, was: null })
  keptSecrets({ before: null, after: prepared.settings, stored: {}, given: prepared.secrets })
  const stands = await ports.records.get<AccountRecord>(accountRecordId(id))
  if (stands !== undefined && !wasMadeBy(ports.ids, stands.body, once)) throw taken(id)
  if (stands === undefined) await request.verify?.()
  const record = stands?.body ?? { ...newAccount(ports, id, prepared), ...originMark(ports.ids, once) }
  await writePlan(ports, record)
  const made = stands === undefined ? await putNew(ports, record, once) : record
  await pollSoon(ports, made)
  return made
}

/** @returns what stands there: the record, or that of an earlier run of the same request. */
async function putNew(ports: AccountPorts, record: AccountRecord, once: Once | undefined): Promise<AccountRecord> {
  const put = await ports.records.put<AccountRecord>(accountToStore(record), { absent: true })
  if (put.won) return record
  if (put.current !== undefined) await writePlan(ports, put.current.body)
  if (put.current !== undefined && wasMadeBy(ports.ids, put.current.body, once)) return put.current.body
  throw taken(record.id)
}

/**
 * A bound key makes accounts only where it is bound, and moves none into a tenant that is not its own.
 * @param place `was`: the tenant it has now; null for a new account.
 * @throws RelayError `exceeds_own_rights`.
 */
export function checkOwn(actor: Actor, place: { account: string; tenant: string | null; was: string | null }): void {
  const { tenant, was } = place
  const foreign = tenant !== null && tenant !== was && !canSee(actor, { account: null, tenant })
  if (canSee(actor, place) && !foreign) return
  throw new RelayError("exceeds_own_rights", "Your key is bound to other accounts or tenants.", {
    fix: "Set `tenant` to one of the key's tenants, or use the id of one of its accounts.",
    errors: [{ pointer: "/tenant", code: "exceeds_own_rights", detail: "tenant is not one of the key's." }],
  })
}

/** A new account, not stored. @throws RelayError `invalid_request` when it is too large. */
export function newAccount(ports: AccountPorts, id: string, { settings, secrets }: PreparedAccount): AccountRecord {
  const at = new Date(ports.clock.now()).toISOString()
  const sealed = sealSecrets(ports, id, secrets)
  checkAccountSize({ settings, secrets: sealed })
  return {
    id,
    incarnation: ports.ids.token(16),
    created_at: at,
    updated_at: at,
    settings,
    secrets: sealed,
    revision: 1,
    intakeGeneration: 1,
    status: {},
    last_poll_at: null,
  }
}

function taken(id: string): RelayError {
  return new RelayError("already_exists", `There is an account with the id ${id}.`)
}

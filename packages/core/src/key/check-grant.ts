import { type AccountRecord, accountRecordId } from "../account/account.ts"
import { type FieldError, RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { canSee, hasScope, isBound } from "./authorize.ts"
import type { Actor, KeySettings } from "./key.ts"

/** @throws RelayError `exceeds_own_rights` when a key with these settings could do anything that the actor cannot. */
export async function checkGrant(ports: Pick<Ports, "records">, actor: Actor, wanted: KeySettings): Promise<void> {
  const own = actor.settings
  const errors = [
    ...wanted.scopes.flatMap((scope, at) =>
      grantable(own, scope) ? [] : [exceeds(`/scopes/${at}`, `the scope ${scope}`)],
    ),
    ...limitErrors(own, wanted),
  ]
  if (!(await bindingsWithin(ports, actor, wanted)))
    errors.push(exceeds("/accounts", "accounts or tenants beyond your own"))
  if (errors.length === 0) return
  throw new RelayError("exceeds_own_rights", "The key would have rights that yours lacks.", { errors })
}

/** Whether everything the bindings cover is covered by the actor's. */
export async function bindingsWithin(
  ports: Pick<Ports, "records">,
  actor: Actor,
  wanted: Pick<KeySettings, "accounts" | "tenants">,
): Promise<boolean> {
  if (!isBound(actor.settings)) return true
  if (!isBound(wanted)) return false
  const tenantsOk = (wanted.tenants ?? []).every((tenant) => canSee(actor, { account: null, tenant }))
  if (!tenantsOk) return false
  const unnamed = (wanted.accounts ?? []).filter((account) => !canSee(actor, { account, tenant: null }))
  if (unnamed.length === 0) return true
  const records = await ports.records.getMany<AccountRecord>(unnamed.map(accountRecordId))
  const seen = records.filter(({ body }) => canSee(actor, { account: body.id, tenant: body.settings.tenant }))
  return seen.length === new Set(unnamed).size
}

function grantable(own: KeySettings, scope: KeySettings["scopes"][number]): boolean {
  return scope === "*" ? own.scopes.includes("*") : hasScope(own.scopes, scope)
}

function limitErrors(own: KeySettings, wanted: KeySettings): FieldError[] {
  const errors: FieldError[] = []
  if (own.test && !wanted.test) errors.push(exceeds("/test", "a live key"))
  if (own.hold && !wanted.hold) errors.push(exceeds("/hold", "sending without release"))
  if (!recipientsWithin(own.allow_recipients, wanted.allow_recipients)) {
    errors.push(exceeds("/allow_recipients", "recipients beyond your own"))
  }
  if (!listWithin(own.allow_ips, wanted.allow_ips)) errors.push(exceeds("/allow_ips", "addresses beyond your own"))
  if (own.rate !== null && (wanted.rate === null || wanted.rate.per_minute > own.rate.per_minute)) {
    errors.push(exceeds("/rate", "a higher rate"))
  }
  if (own.expires_at !== null && (wanted.expires_at === null || wanted.expires_at > own.expires_at)) {
    errors.push(exceeds("/expires_at", "a longer life"))
  }
  return errors
}

/** Null is no limit. Blocks are compared as written: one inside another is not worked out. */
function listWithin(own: string[] | null, wanted: string[] | null): boolean {
  return own === null || (wanted?.every((entry) => own.includes(entry)) ?? false)
}

function recipientsWithin(own: string[] | null, wanted: string[] | null): boolean {
  if (own === null) return true
  const covers = (entry: string): boolean => own.includes(entry) || own.includes(`*@${entry.split("@").at(-1)}`)
  return wanted?.every(covers) ?? false
}

function exceeds(pointer: string, what: string): FieldError {
  return { pointer, code: "exceeds_own_rights", detail: `Your key may not grant ${what}.` }
}

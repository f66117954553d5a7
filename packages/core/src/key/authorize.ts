import { RelayError } from "../error/relay-error.ts"
import type { Actor, KeySettings, Scope } from "./key.ts"

/** Whether the scopes allow the call: `*` is all, `manage` includes `read`. */
export function hasScope(granted: KeySettings["scopes"], wanted: Scope): boolean {
  if (granted.includes("*") || granted.includes(wanted)) return true
  const [area, right] = wanted.split(":")
  return right === "read" && granted.some((scope) => scope === `${area}:manage`)
}

/** @throws RelayError `missing_scope`. A test key changes no settings, whatever its scopes. */
export function requireScope(actor: Actor, wanted: Scope): void {
  if (!hasScope(actor.settings.scopes, wanted)) {
    throw new RelayError("missing_scope", `This call needs the scope ${wanted}.`, { extra: { scope: wanted } })
  }
  if (actor.settings.test && wanted.endsWith(":manage") && wanted !== "messages:manage") {
    throw new RelayError("missing_scope", "A test key sees only tests and changes no settings.", {
      extra: { scope: wanted },
      fix: "Use a live key.",
    })
  }
}

/** Whether the key is bound to accounts or tenants at all. */
export function isBound(settings: Pick<KeySettings, "accounts" | "tenants">): boolean {
  return settings.accounts !== null || settings.tenants !== null
}

/** Whether the actor may see things of this account: unbound, bound to it, or bound to its tenant. */
export function canSee(actor: Actor, thing: { account: string | null; tenant: string | null }): boolean {
  const { accounts, tenants } = actor.settings
  if (accounts === null && tenants === null) return true
  if (thing.account !== null && accounts?.includes(thing.account) === true) return true
  return thing.tenant !== null && tenants?.includes(thing.tenant) === true
}

import { hasScope, requireScope as requireActorScope } from "@postrider/core/key/authorize"
import type { KeySettings, Scope } from "@postrider/core/key/key"
import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"

/** Lets only keys with the scope, or any of several, pass; `manage` includes `read`. Null: any valid key. */
export function requireScope(scope: Scope | readonly [Scope, ...Scope[]] | null): MiddlewareHandler<ApiEnv> {
  return async function requireScope(c, next) {
    const actor = c.get("actor")
    const wanted =
      scope === null || typeof scope === "string" ? scope : (held(actor.settings.scopes, scope) ?? scope[0])
    if (wanted !== null) requireActorScope(actor, wanted)
    await next()
  }
}

function held(granted: KeySettings["scopes"], scopes: readonly Scope[]): Scope | undefined {
  return scopes.find((scope) => hasScope(granted, scope))
}

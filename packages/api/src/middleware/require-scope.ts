import { requireScope as requireActorScope } from "@postrider/core/key/authorize"
import type { Scope } from "@postrider/core/key/key"
import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"

/** Lets only keys with the scope pass; `manage` includes `read`. Null: any valid key. */
export function requireScope(scope: Scope | null): MiddlewareHandler<ApiEnv> {
  return async function requireScope(c, next) {
    if (scope !== null) requireActorScope(c.get("actor"), scope)
    await next()
  }
}

import type { Actor } from "@postrider/core/key/key"
import type { Clock } from "@postrider/core/ports/clock"
import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"

/** A revoked key may go on for this long in another process; the contract gives 60 s. */
const ttlMs = 20_000
const maxKeys = 10_000

/** Spares a read of the store for keys seen a moment ago. Only hits are kept: a new key works at once. */
export interface KeyCache {
  get(sha256: string): Actor | undefined
  set(sha256: string, actor: Actor): void
  clear(): void
}

export function createKeyCache(clock: Clock): KeyCache {
  const kept = new Map<string, { actor: Actor; until: number }>()
  return {
    get(sha256) {
      const entry = kept.get(sha256)
      if (entry === undefined || entry.until <= clock.now()) return undefined
      const { expires_at } = entry.actor.settings
      return expires_at !== null && Date.parse(expires_at) <= clock.now() ? undefined : entry.actor
    },
    set(sha256, actor) {
      if (kept.size >= maxKeys) kept.clear()
      kept.set(sha256, { actor, until: clock.now() + ttlMs })
    },
    clear: () => kept.clear(),
  }
}

/** In the process that changed a key, the change works at once. */
export function forgetAfterWrite(cache: KeyCache): MiddlewareHandler<ApiEnv> {
  return async function forgetAfterWrite(c, next) {
    await next()
    if (c.req.method !== "GET") cache.clear()
  }
}

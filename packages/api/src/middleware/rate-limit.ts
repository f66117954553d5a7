import { RelayError } from "@postrider/core/error/relay-error"
import type { Ports } from "@postrider/core/ports/ports"
import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"

const windowMs = 60_000

/**
 * Counts the requests of a key that has a `rate`, minute by minute and over all processes, after the key is known and before the body is
 * read. Beyond it nothing is done: 429 with Retry-After. Every answer tells what is left (draft-ietf-httpapi-ratelimit-headers).
 */
export function rateLimit({ records, clock }: Pick<Ports, "records" | "clock">): MiddlewareHandler<ApiEnv> {
  return async function rateLimit(c, next) {
    const { keyId, settings } = c.get("actor")
    if (settings.rate === null) return next()
    const { per_minute } = settings.rate
    const now = clock.now()
    const end = now - (now % windowMs) + windowMs
    // A clock of another process that lags may still count in this minute.
    const counted = await records.add(`rate#${keyId}#${end / windowMs}`, "n", 1, {
      ceiling: per_minute,
      expiresAt: end + windowMs,
    })
    const left = counted.won ? Math.max(0, per_minute - counted.value) : 0
    const headers = {
      "RateLimit-Policy": `"key";q=${per_minute};w=${windowMs / 1000}`,
      RateLimit: `"key";r=${left};t=${Math.ceil((end - now) / 1000)}`,
    }
    if (!counted.won) {
      for (const [name, value] of Object.entries(headers)) c.header(name, value)
      throw new RelayError("rate_limited", `The key may make ${per_minute} requests a minute.`, {
        retryAfterMs: end - now,
      })
    }
    await next()
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
  }
}

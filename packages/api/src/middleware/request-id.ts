import type { Ids } from "@postrider/core/ports/ids"
import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"

/** Takes the caller's X-Request-Id where it is well formed, else makes one, and sends it back with every answer. */
export function requestId(ids: Ids): MiddlewareHandler<ApiEnv> {
  return async function requestId(c, next) {
    const given = c.req.header("x-request-id")
    const id = given !== undefined && /^[\w.:=+/-]{1,128}$/.test(given) ? given : ids.random("req")
    c.set("requestId", id)
    await next()
    c.res.headers.set("X-Request-Id", id)
  }
}

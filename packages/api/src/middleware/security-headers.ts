import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"

/** An API answer is never a page: nothing in it may run, be framed, or be kept by a cache. Pages bring their own policy. */
const headers: Record<string, string> = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
}

/** Sets what the route has not set itself; HTTPS is pinned where the public URL is HTTPS. */
export function securityHeaders(publicUrl: string): MiddlewareHandler<ApiEnv> {
  const secure = publicUrl.startsWith("https:")
  return async function securityHeaders(c, next) {
    await next()
    for (const [name, value] of Object.entries(headers)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    }
    if (secure) c.res.headers.set("Strict-Transport-Security", "max-age=31536000")
  }
}

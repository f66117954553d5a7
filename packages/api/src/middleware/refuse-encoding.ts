import { RelayError } from "@postrider/core/error/relay-error"
import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"

/** A compressed body could grow past every limit once opened; it is refused unread (mail-rules N4). */
export function refuseEncoding(): MiddlewareHandler<ApiEnv> {
  return async function refuseEncoding(c, next) {
    const encoding = c.req.header("content-encoding")
    if (encoding !== undefined && encoding.trim().toLowerCase() !== "identity") {
      throw new RelayError("unsupported_media_type", "Bodies with Content-Encoding are not taken.", {
        fix: "Send the body as it is, without Content-Encoding.",
      })
    }
    await next()
  }
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { MiddlewareHandler } from "hono"
import { readBody } from "../body/request-body.ts"
import type { ApiDeps, ApiEnv } from "../env.ts"
import { mediaType, rawMailType } from "../media-type.ts"

/** Reads the body into `body`, at most as many octets as its class allows; what is longer is dropped at the limit, declared or not. */
export function bodyLimit({ ports, limits, openSpool }: ApiDeps): MiddlewareHandler<ApiEnv> {
  return async function bodyLimit(c, next) {
    const maxBytes = mediaType(c) === rawMailType ? ports.limits.maxMessageBytes : limits.maxJsonBytes
    const tooLarge = () =>
      new RelayError("body_too_large", `The body is larger than ${maxBytes} octets.`, {
        extra: { max_bytes: maxBytes },
      })
    if (Number(c.req.header("content-length") ?? 0) > maxBytes) throw tooLarge()
    const { body, close } = await readBody(c.req.raw.body, { maxBytes, tooLarge, openSpool })
    c.set("body", body)
    try {
      await next()
    } finally {
      await close()
    }
  }
}

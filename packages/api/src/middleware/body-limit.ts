import { RelayError } from "@postrider/core/error/relay-error"
import type { MiddlewareHandler } from "hono"
import { createBodyBudget } from "../body/body-budget.ts"
import { maxHeldBytes, readBody } from "../body/request-body.ts"
import type { ApiDeps, ApiEnv } from "../env.ts"
import { mediaType, rawMailType } from "../media-type.ts"

const mebibyte = 1024 * 1024
const defaultBytes = { held: 256 * mebibyte, spooled: 2048 * mebibyte }

/**
 * Gives routes `readBody`, which sets `body`: at most as many octets as its class allows, and as there is room for beside the bodies of
 * other requests. What is longer is dropped at the limit, declared or not. Nothing is read before a route asks for it.
 */
export function bodyLimit({ ports, limits, openSpool }: ApiDeps): MiddlewareHandler<ApiEnv> {
  const openShare = createBodyBudget(limits.maxBodyBytes ?? defaultBytes)
  return async function bodyLimit(c, next) {
    const maxBytes = mediaType(c) === rawMailType ? ports.limits.maxMessageBytes : limits.maxJsonBytes
    const share = openShare()
    let close = async (): Promise<void> => undefined
    const tooLarge = () =>
      new RelayError("body_too_large", `The body is larger than ${maxBytes} octets.`, {
        extra: { max_bytes: maxBytes },
      })
    c.set("readBody", async () => {
      const declared = Number(c.req.header("content-length") ?? 0)
      if (declared > maxBytes) throw tooLarge()
      const spools = openSpool !== undefined && declared > maxHeldBytes
      share.expect(spools ? { held: 0, spooled: declared } : { held: declared, spooled: 0 })
      const read = await readBody(c.req.raw.body, { maxBytes, tooLarge, openSpool, keep: share.keep })
      close = read.close
      c.set("body", read.body)
    })
    try {
      await next()
    } finally {
      await close()
      share.end()
    }
  }
}

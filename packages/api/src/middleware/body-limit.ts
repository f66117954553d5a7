import { RelayError } from "@postrider/core/error/relay-error"
import type { MiddlewareHandler } from "hono"
import type { ApiEnv } from "../env.ts"
import { mediaType, rawMailType } from "../media-type.ts"

export interface BodyLimits {
  maxJsonBytes: number
  maxMailBytes: number
}

/** Reads the body into `body`, at most as many octets as its class allows; what is longer is dropped at the limit, declared or not. */
export function bodyLimit(limits: BodyLimits): MiddlewareHandler<ApiEnv> {
  return async function bodyLimit(c, next) {
    const maxBytes = mediaType(c) === rawMailType ? limits.maxMailBytes : limits.maxJsonBytes
    if (Number(c.req.header("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes)
    c.set("body", await readWithin(c.req.raw.body, maxBytes))
    await next()
  }
}

async function readWithin(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream ?? []) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)
}

function tooLarge(maxBytes: number): RelayError {
  return new RelayError("body_too_large", `The body is larger than ${maxBytes} octets.`, {
    extra: { max_bytes: maxBytes },
  })
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { ApiContext } from "./env.ts"

/** The Idempotency-Key without its optional quotes; null where there is none. @throws RelayError `invalid_idempotency_key`. */
export function idempotencyKey(c: ApiContext): string | null {
  const header = c.req.header("idempotency-key")
  if (header === undefined) return null
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header
  if (!/^[\x21-\x7e]{1,256}$/.test(key)) {
    throw new RelayError("invalid_idempotency_key", "The Idempotency-Key is not 1 to 256 visible ASCII characters.")
  }
  return key
}

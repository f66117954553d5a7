import { RelayError } from "@postrider/core/error/relay-error"
import type { WebhookFailure } from "@postrider/core/ports/webhook-sender"

/** No connection came about. `detail` may be shown: it never holds an address. */
export class DialError extends Error {
  override readonly name = "DialError"
  readonly reason: WebhookFailure
  readonly detail: string

  constructor(reason: WebhookFailure, detail: string, cause: unknown) {
    super(detail, { cause })
    this.reason = reason
    this.detail = detail
  }
}

/** What the guard or the resolver refused; one text for all addresses that may not be reached. */
export function refusedDial(error: unknown): DialError {
  if (error instanceof RelayError && error.code === "address_not_allowed") {
    return new DialError("address_not_allowed", error.message, error)
  }
  return new DialError("dns", "The name could not be resolved.", error)
}

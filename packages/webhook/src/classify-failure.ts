import type { WebhookFailure } from "@postrider/core/ports/webhook-sender"
import { DialError } from "./dial-error.ts"

export interface Failure {
  reason: WebhookFailure
  /** May be shown: no address, nothing of the answer. */
  detail: string
}

const resetCodes = ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_CLOSED", "UND_ERR_DESTROYED"]
const timeoutCodes = ["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT"]

/** Why there was no whole answer. Everything a peer does is data; what is not known counts as a breach of HTTP. */
export function classifyFailure(error: unknown): Failure {
  if (error instanceof DialError) return { reason: error.reason, detail: error.detail }
  const code = codeOf(error)
  if (timeoutCodes.includes(code)) return { reason: "timeout", detail: "The answer did not come in time." }
  if (resetCodes.includes(code))
    return { reason: "reset", detail: "The connection was closed before the answer ended." }
  return { reason: "protocol", detail: `The answer was no valid HTTP${code === "" ? "" : ` (${code})`}.` }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
}

import type { MailFault } from "../ports/mail-fault.ts"
import type { ErrorCode, FieldErrorCode } from "./codes.ts"

/** One faulty field. `pointer` is a JSON Pointer (RFC 6901) into the body, `parameter` the name of a query parameter or header. */
export interface FieldError {
  pointer?: string
  parameter?: string
  code: FieldErrorCode
  detail: string
}

export interface RelayErrorOptions {
  /** What the caller can do about it, one sentence. */
  fix?: string
  errors?: FieldError[]
  /** Public facts beside the text, merged into the problem (`current`, `allowed`, …). */
  extra?: Record<string, unknown>
  /** What a mail server said, for codes `provider/…`. */
  fault?: MailFault
  retryAfterMs?: number
  /** Never shown to callers; logs only. Must not hold mail content or secrets. */
  internal?: string
  cause?: unknown
}

/** The one class of faults. `message` is public: it reaches API callers as the problem's `detail`. */
export class RelayError extends Error {
  override readonly name = "RelayError"
  readonly code: ErrorCode
  readonly options: RelayErrorOptions

  constructor(code: ErrorCode, detail: string, options: RelayErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.options = options
  }
}

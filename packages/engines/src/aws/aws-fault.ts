import { RelayError } from "@postrider/core/error/relay-error"

/** Names under which AWS, and stores like it, ask for patience: docs.aws.amazon.com/general/latest/gr/api-retries.html. */
const passingNames: ReadonlySet<string> = new Set([
  "BandwidthLimitExceeded",
  "InternalError",
  "InternalServerError",
  "KmsThrottled",
  "LimitExceededException",
  "OperationAborted",
  "OverLimit",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TimeoutError",
  "TooManyRequestsException",
])

const passingSystemCodes: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
])

/**
 * Turns an error of the SDK into `overloaded` where a later try may work (throttled, 5xx, no answer), else into `internal`.
 * A RelayError passes as it is.
 */
export function awsFault(error: unknown): RelayError {
  if (error instanceof RelayError) return error
  const name = nameOfFault(error)
  return isPassing(error)
    ? overloaded(name, error)
    : new RelayError("internal", "The store failed.", { internal: `aws: ${name}`, cause: error })
}

/** The store cannot do it now: its limits, or no answer. */
export function overloaded(internal: string, cause?: unknown): RelayError {
  return new RelayError("overloaded", "The store cannot be reached now. Try again.", {
    internal: `aws: ${internal}`,
    cause,
    retryAfterMs: 1000,
  })
}

/** The code of an AWS error, as `NoSuchKey`; for others their name. */
export function nameOfFault(error: unknown): string {
  const { name, Code, code } = fieldsOf(error)
  if (typeof code === "string") return code
  if (typeof Code === "string") return Code
  return typeof name === "string" ? name : "unknown"
}

/** The HTTP status of an answer, undefined when there was none. */
export function statusOfFault(error: unknown): number | undefined {
  const { httpStatusCode } = fieldsOf(fieldsOf(error).$metadata)
  return typeof httpStatusCode === "number" ? httpStatusCode : undefined
}

/** How often the SDK had sent the request when it gave up. */
export function attemptsOf(error: unknown): number {
  const { attempts } = fieldsOf(fieldsOf(error).$metadata)
  return typeof attempts === "number" ? attempts : 1
}

function isPassing(error: unknown): boolean {
  const { name, code, $retryable } = fieldsOf(error)
  const status = statusOfFault(error)
  if (status !== undefined && (status >= 500 || status === 429)) return true
  if (typeof code === "string" && passingSystemCodes.has(code)) return true
  return $retryable !== undefined || passingNames.has(nameOfFault(error)) || name === "TimeoutError"
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value, ...named(value) } : {}
}

/** `name` of an error lies on its prototype or is not enumerable. */
function named(value: object): { name?: unknown } {
  return "name" in value ? { name: value.name } : {}
}

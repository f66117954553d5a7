import type { ErrorCode } from "@postrider/core/error/codes"
import type { RelayError } from "@postrider/core/error/relay-error"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import type { ApiContext } from "./env.ts"
import { problemTable } from "./problem-table.ts"

export const problemMediaType = "application/problem+json"

/** Members of a problem that `extra` must not replace. */
const fixedMembers = new Set([
  "type",
  "title",
  "status",
  "detail",
  "instance",
  "code",
  "fix",
  "request_id",
  "errors",
  "provider",
])

/** The answer to a fault: RFC 9457, with the code's own page as `type`. Nothing internal is in it. */
export function problemResponse(c: ApiContext, error: RelayError, publicUrl: string): Response {
  const { status } = problemTable[error.code]
  const body = { ...problemBody(c, error, publicUrl), ...extraMembers(error) }
  const headers: Record<string, string> = { "Content-Type": problemMediaType }
  const { retryAfterMs } = error.options
  if (retryAfterMs !== undefined) headers["Retry-After"] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  if (status === 401) headers["WWW-Authenticate"] = challenge(error.code)
  return c.body(JSON.stringify(body), status, headers)
}

export function problemType(publicUrl: string, code: ErrorCode): string {
  return `${publicUrl}/docs/errors/${code}`
}

export function statusOf(code: ErrorCode): ContentfulStatusCode {
  return problemTable[code].status
}

function problemBody(c: ApiContext, error: RelayError, publicUrl: string): Record<string, unknown> {
  const row = problemTable[error.code]
  return {
    type: problemType(publicUrl, error.code),
    title: row.title,
    status: row.status,
    detail: error.message,
    instance: c.req.path,
    code: error.code,
    fix: error.options.fix ?? row.fix,
    request_id: c.get("requestId"),
    errors: error.options.errors,
    provider: providerMember(error),
  }
}

function extraMembers(error: RelayError): Record<string, unknown> {
  return Object.fromEntries(Object.entries(error.options.extra ?? {}).filter(([name]) => !fixedMembers.has(name)))
}

function providerMember(error: RelayError): Record<string, unknown> | undefined {
  const fault = error.options.fault
  if (fault === undefined) return undefined
  const protocol = error.options.extra?.protocol
  return {
    protocol: typeof protocol === "string" ? protocol : null,
    code: fault.code,
    enhanced_code: fault.enhancedCode,
    response: fault.response,
  }
}

/** RFC 6750 section 3: without credentials no error code is given. */
function challenge(code: ErrorCode): string {
  return code === "invalid_key" ? 'Bearer realm="postrider", error="invalid_token"' : 'Bearer realm="postrider"'
}

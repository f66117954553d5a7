import { RelayError } from "@postrider/core/error/relay-error"
import { HTTPException } from "hono/http-exception"
import type { ApiContext, ApiDeps } from "../env.ts"
import { problemResponse, statusOf } from "../problem.ts"

/** Turns every fault into a problem. What nobody expected is logged with its cause and answered without a word of it. */
export function errorHandler(deps: ApiDeps): (error: Error, c: ApiContext) => Response {
  return (error, c) => {
    const fault = asRelayError(error)
    const status = statusOf(fault.code)
    const fields = { request_id: c.get("requestId"), method: c.req.method, path: c.req.path, code: fault.code }
    if (status >= 500) deps.ports.log.error("request.failed", { ...fields, internal: fault.options.internal }, error)
    return problemResponse(c, fault, deps.ports.limits.publicUrl)
  }
}

function asRelayError(error: Error): RelayError {
  if (error instanceof RelayError) return error
  if (error instanceof HTTPException && error.status === 413) {
    return new RelayError("body_too_large", "The body is too large.", { cause: error })
  }
  if (error instanceof HTTPException && error.status < 500) {
    return new RelayError("invalid_request", "The request could not be read.", { cause: error })
  }
  return new RelayError("internal", "Something went wrong inside Postrider.", { cause: error })
}

import { RelayError } from "@postrider/core/error/relay-error"
import type { EndpointInput } from "@postrider/core/webhook/endpoint-input"
import type { EndpointPatch } from "@postrider/core/webhook/patch-endpoint"
import type * as v from "valibot"
import { invalidRequest } from "../../validate.ts"
import type { endpointInput, endpointPatch } from "./endpoint-schema.ts"

/** What the body of POST or PUT says. @throws RelayError `unsupported` for a queue as target, `invalid_request` without a url. */
export function readInput(body: v.InferOutput<typeof endpointInput>): EndpointInput {
  const { id: _id, arn, url, headers, secret, ...settings } = body
  if (arn !== undefined) throw noQueues()
  if (url === undefined) throw invalidRequest([{ pointer: "/url", code: "required", detail: "url is required." }])
  return {
    settings: { ...settings, url },
    ...(secret === undefined ? {} : { secret }),
    ...(headers === undefined ? {} : { headers: withoutNulls(headers) }),
  }
}

/** What the body of PATCH says. */
export function readPatch(body: v.InferOutput<typeof endpointPatch>): EndpointPatch {
  const { arn, url, types, secret, headers, ...fields } = body
  if (arn !== undefined) throw noQueues()
  return {
    ...fields,
    ...(url === undefined ? {} : { url }),
    ...(types === undefined ? {} : { types }),
    ...(secret === undefined ? {} : { secret }),
    ...(headers === undefined ? {} : { headers }),
  }
}

function withoutNulls(headers: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

function noQueues(): RelayError {
  const detail = "arn is not supported; give a url."
  return new RelayError("unsupported", detail, { errors: [{ pointer: "/arn", code: "unsupported", detail }] })
}

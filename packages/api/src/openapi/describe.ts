import type { ErrorCode } from "@postrider/core/error/codes"
import type { MiddlewareHandler } from "hono"
import { type DescribeRouteOptions, describeRoute, resolver } from "hono-openapi"
import type { RouteAnswer, RouteSpec } from "../add-route.ts"
import { problemMediaType, statusOf } from "../problem.ts"
import type { Schema } from "../validate.ts"
import { queryParameters } from "./query-parameters.ts"

type Responses = NonNullable<DescribeRouteOptions["responses"]>
type Described = RouteSpec<string, Schema | undefined, Schema | undefined>

/** What any route under /v1 may answer with. */
const common: readonly ErrorCode[] = [
  "invalid_request",
  "missing_key",
  "invalid_key",
  "ip_not_allowed",
  "body_too_large",
  "rate_limited",
  "internal",
  "overloaded",
]

/** The route's entry in the OpenAPI document, made from the very schemas that check its requests. */
export function describe(route: Described): MiddlewareHandler {
  return describeRoute({
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    security: scopesOf(route).map((scope) => ({ key: scope === null ? [] : [scope] })),
    parameters: [...headerParameters(route), ...queryParameters(route.query)],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body, route.otherMedia) }),
    responses: { ...answers(route.answers), ...problems(problemCodes(route)) },
  })
}

/** One entry for each scope that suffices. */
function scopesOf({ scope }: Described): readonly (string | null)[] {
  return scope === null || typeof scope === "string" ? [scope] : scope
}

function problemCodes(route: Described): ErrorCode[] {
  const codes = new Set([...common, ...(route.problems ?? [])])
  if (route.scope !== null) codes.add("missing_scope")
  if (route.path.includes(":") && route.method !== "put") codes.add("not_found")
  if (route.body !== undefined) codes.add("invalid_json").add("unsupported_media_type")
  if (route.method === "post") {
    codes.add("invalid_idempotency_key").add("idempotency_mismatch").add("idempotency_in_progress")
  }
  return [...codes]
}

function headerParameters(route: Described): { $ref: string }[] {
  const names = route.method === "post" ? ["IdempotencyKey"] : []
  if (route.problems?.includes("version_mismatch")) names.push("IfMatch", "IfNoneMatch")
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }))
}

function requestBody(schema: Schema, otherMedia: string | undefined): NonNullable<DescribeRouteOptions["requestBody"]> {
  return {
    required: true,
    content: {
      "application/json": { schema: resolver(schema, { options: { typeMode: "input" } }) },
      ...(otherMedia === undefined ? {} : { [otherMedia]: { schema: { type: "string", format: "binary" } } }),
    },
  }
}

function answers(table: Record<number, RouteAnswer>): Responses {
  return Object.fromEntries(Object.entries(table).map(([status, answer]) => [status, answerObject(answer)]))
}

function answerObject({ description, schema, media }: RouteAnswer): Responses[string] {
  if (media !== undefined)
    return { description, content: { [media]: { schema: { type: "string", format: "binary" } } } }
  if (schema === undefined) return { description }
  return {
    description,
    content: { "application/json": { schema: resolver(schema, { options: { typeMode: "output" } }) } },
  }
}

/** One response for each status, naming the codes that share it. */
function problems(codes: readonly ErrorCode[]): Responses {
  const byStatus = Map.groupBy([...codes].sort(), (code) => String(statusOf(code)))
  return Object.fromEntries(
    [...byStatus].map(([status, sharing]) => [
      status,
      {
        description: sharing.map((code) => `\`${code}\``).join(", "),
        content: { [problemMediaType]: { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  )
}

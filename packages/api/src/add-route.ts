import type { ErrorCode } from "@postrider/core/error/codes"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Actor, Scope } from "@postrider/core/key/key"
import type { Once } from "@postrider/core/record/once"
import type { Precondition } from "@postrider/core/record/precondition"
import type * as v from "valibot"
import type { Api, ApiContext, ApiDeps } from "./env.ts"
import { idempotencyKey } from "./idempotency-key.ts"
import { jsonBody } from "./json-body.ts"
import { mediaType } from "./media-type.ts"
import { withStoredAnswer } from "./middleware/idempotency.ts"
import { requireScope } from "./middleware/require-scope.ts"
import { describe } from "./openapi/describe.ts"
import { preconditions } from "./preconditions.ts"
import { strict } from "./schema/strict.ts"
import { type Schema, validateBody, validateQuery } from "./validate.ts"

type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Record<Name, string> & ParamsOf<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Record<Name, string>
    : Record<never, string>

export interface RouteAnswer {
  description: string
  /** JSON body; absent: none. */
  schema?: Schema
  /** Media type of a body that is not JSON. */
  media?: string
}

export interface RouteSpec<Path extends string, Query extends Schema | undefined, Body extends Schema | undefined> {
  method: "get" | "post" | "put" | "patch" | "delete"
  /** Parameters as `:name`. Ids in paths are checked: a text that can be no id is 404. */
  path: Path
  operationId: string
  summary: string
  description?: string
  tag: string
  /** Scope the key needs, or any one of several; null: any valid key. */
  scope: Scope | readonly [Scope, ...Scope[]] | null
  query?: Query
  /** Of the JSON body. An empty body counts as `{}`. Absent: only an empty body is taken. */
  body?: Body
  /** Fields of the body that hold base64, as JSON Pointers with `*` for any key: of large bodies they are never held in memory. */
  contentAt?: readonly string[]
  /** Another media type than JSON that the route takes; the handler reads it from the context, and `body` is that of `{}`. */
  otherMedia?: string
  /** Sees the JSON before its schema does, to refuse or drop what the schema does not name. */
  prepare?: (body: unknown) => unknown
  answers: Record<number, RouteAnswer>
  /** Codes beyond those that any route may answer with. */
  problems?: readonly ErrorCode[]
  /** `own`: the use case keeps Idempotency-Keys itself and gets the key. Else every POST keeps its answer. */
  idempotency?: "own"
}

export interface RouteRequest<Path extends string, Query, Body> {
  c: ApiContext
  actor: Actor
  params: ParamsOf<Path>
  query: Query
  body: Body
  /** Of routes with `idempotency: "own"`; null without the header. */
  idempotencyKey: string | null
  /** Of a POST with Idempotency-Key: makes its repeats come out the same. */
  once: Once | undefined
  /** If-Match and If-None-Match; absent without them. */
  when: Precondition | undefined
}

type Checked<S extends Schema | undefined> = S extends Schema ? v.InferOutput<S> : undefined

const nothing = strict({})

/**
 * Adds one route under /v1: its description for the OpenAPI document, its scope, the checks of ids, query and body, and for POSTs the
 * Idempotency-Key. The handler sees checked values only and throws RelayError for everything that is not an answer.
 */
export function addRoute<
  const Path extends string,
  Query extends Schema | undefined = undefined,
  Body extends Schema | undefined = undefined,
>(
  app: Api,
  deps: ApiDeps,
  route: RouteSpec<Path, Query, Body> & {
    handle(request: RouteRequest<Path, Checked<Query>, Checked<Body>>): Response | Promise<Response>
  },
): void {
  app.on(route.method.toUpperCase(), route.path, describe(route), requireScope(route.scope), async (c) => {
    const params = checkedParams({ ...c.req.param() })
    const query = validateQuery(route.query ?? nothing, new URL(c.req.url).searchParams)
    // Only now: who may not do this shall not make us read what they send.
    if (route.method !== "get") await c.get("readBody")()
    const isOther = route.otherMedia !== undefined && mediaType(c) === route.otherMedia
    const json = route.method === "get" || isOther ? {} : await jsonBody(c, route.contentAt)
    const body = validateBody(route.body ?? nothing, route.prepare === undefined ? json : route.prepare(json))
    const key = route.method === "post" ? idempotencyKey(c) : null
    const run = async (once?: Once): Promise<Response> =>
      route.handle({
        c,
        actor: c.get("actor"),
        // The router fills every parameter that the path names, and validation gives what its schema says.
        params: params as ParamsOf<Path>,
        query: query as Checked<Query>,
        body: body as Checked<Body>,
        idempotencyKey: key,
        once,
        when: preconditions(c),
      })
    if (key === null || route.idempotency === "own") return run()
    return withStoredAnswer(c, deps, { key, body: json, run })
  })
}

function checkedParams(params: Record<string, unknown>): Record<string, unknown> {
  for (const value of Object.values(params)) {
    if (typeof value !== "string" || !/^[A-Za-z0-9_@.+=-]{1,320}$/.test(value))
      throw new RelayError("not_found", "There is nothing at this path.")
  }
  return params
}

// How to add a route: one file routes/<noun>/<verb>-<noun>.ts with one function `xRoute(app, deps)` that calls `addRoute` with the
// path, operationId, scope, schemas and answers, and hands over to one use case of core; then its line in routes/<noun>/routes.ts.
// The OpenAPI document, the reference under /docs, the checks and the problems follow from that. Tests: test/routes/<route>/<status>.test.ts.
import { RelayError } from "@postrider/core/error/relay-error"
import { Hono } from "hono"
import { methodNotAllowed } from "hono/method-not-allowed"
import type { Api, ApiDeps, ApiEnv } from "./env.ts"
import { authenticate } from "./middleware/authenticate.ts"
import { bodyLimit } from "./middleware/body-limit.ts"
import { errorHandler } from "./middleware/error-handler.ts"
import { createKeyCache, forgetAfterWrite } from "./middleware/key-cache.ts"
import { rateLimit } from "./middleware/rate-limit.ts"
import { refuseEncoding } from "./middleware/refuse-encoding.ts"
import { requestId } from "./middleware/request-id.ts"
import { securityHeaders } from "./middleware/security-headers.ts"
import { createDocument } from "./openapi/document.ts"
import { problemResponse } from "./problem.ts"
import { accountRoutes } from "./routes/accounts/routes.ts"
import { endpointRoutes } from "./routes/endpoints/routes.ts"
import { eventRoutes } from "./routes/events/routes.ts"
import { keyRoutes } from "./routes/keys/routes.ts"
import { messageRoutes } from "./routes/messages/routes.ts"
import { docsRoute } from "./routes/system/docs.ts"
import { errorDocsRoute } from "./routes/system/error-docs.ts"
import { healthRoute } from "./routes/system/health.ts"
import { openapiRoute } from "./routes/system/openapi.ts"
import { readyRoute } from "./routes/system/ready.ts"

/** The whole HTTP API over ports. It knows neither Lambda nor sockets: hand requests to `fetch`. */
export function createApi(deps: ApiDeps): Api {
  const { ports } = deps
  const app: Api = new Hono<ApiEnv>()
  const keys = createKeyCache(ports.clock)

  app.onError(errorHandler(deps))
  app.notFound((c) => {
    const missing = new RelayError("not_found", "There is nothing at this path.")
    return problemResponse(c, missing, ports.limits.publicUrl)
  })

  app.use(requestId(ports.ids))
  app.use(securityHeaders(ports.limits.publicUrl))
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, allowed) => {
        const error = new RelayError("method_not_allowed", `This path does not take ${c.req.method}.`, {
          extra: { allowed },
        })
        const answer = problemResponse(c, error, ports.limits.publicUrl)
        answer.headers.set("Allow", allowed.join(", "))
        return answer
      },
    }),
  )
  app.use(refuseEncoding())

  healthRoute(app)
  readyRoute(app, deps)
  const document = createDocument(app, deps)
  openapiRoute(app, document)
  docsRoute(app, document)
  errorDocsRoute(app)

  app.use("/v1/*", authenticate(deps, keys))
  app.use("/v1/*", rateLimit(ports))
  app.use("/v1/*", bodyLimit(deps))
  app.use("/v1/keys/*", forgetAfterWrite(keys))

  accountRoutes(app, deps)
  messageRoutes(app, deps)
  endpointRoutes(app, deps)
  eventRoutes(app, deps)
  keyRoutes(app, deps)

  return app
}

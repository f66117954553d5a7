import { describeRoute } from "hono-openapi"
import type { Api, ApiDeps } from "../../env.ts"

/** Ready: can accept mail and work on it. For load balancers; needs no key and tells no secrets. */
export function readyRoute(app: Api, deps: ApiDeps): void {
  const about = describeRoute({
    operationId: "getReady",
    summary: "Whether mail can be accepted and worked on",
    tags: ["System"],
    security: [],
    responses: { 200: { description: "Ready." }, 503: { description: "Not ready; `checks` tells what is missing." } },
  })
  app.get("/ready", about, async (c) => {
    const readiness = await deps.ready()
    return c.json(readiness, readiness.ok ? 200 : 503)
  })
}

import { disableEndpoint } from "@postrider/core/webhook/disable-endpoint"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { shownEndpoint } from "./endpoint-schema.ts"

export function disableEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/endpoints/:id/disable",
    operationId: "disableEndpoint",
    summary: "Stop sending to an endpoint",
    description: "Nothing is sent; its events wait for 30 days.",
    tag: "Endpoints",
    scope: "webhooks:manage",
    answers: { 200: { description: "As it is now.", schema: shownEndpoint } },
    async handle({ c, actor, params }) {
      const record = await disableEndpoint(deps.ports, actor, params.id)
      return c.json(showEndpoint(record), 200, { ETag: etag(record) })
    },
  })
}

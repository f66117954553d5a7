import { getEndpoint } from "@postrider/core/webhook/get-endpoint"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { shownEndpoint } from "./endpoint-schema.ts"

export function getEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/endpoints/:id",
    operationId: "getEndpoint",
    summary: "Read an endpoint",
    tag: "Endpoints",
    scope: "webhooks:read",
    answers: { 200: { description: "The endpoint, without its secrets.", schema: shownEndpoint } },
    async handle({ c, actor, params }) {
      const record = await getEndpoint(deps.ports, actor, params.id)
      return c.json(showEndpoint(record), 200, { ETag: etag(record) })
    },
  })
}

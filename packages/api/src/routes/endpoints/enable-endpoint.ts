import { enableEndpoint } from "@postrider/core/webhook/enable-endpoint"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { shownEndpoint } from "./endpoint-schema.ts"

export function enableEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/endpoints/:id/enable",
    operationId: "enableEndpoint",
    summary: "Send to an endpoint again",
    description: "Works again, and gets what it missed from the log.",
    tag: "Endpoints",
    scope: "webhooks:manage",
    answers: { 200: { description: "As it is now.", schema: shownEndpoint } },
    async handle({ c, actor, params }) {
      const record = await enableEndpoint(deps.ports, actor, params.id)
      return c.json(showEndpoint(record), 200, { ETag: etag(record) })
    },
  })
}

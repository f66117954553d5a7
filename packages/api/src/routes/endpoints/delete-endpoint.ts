import { deleteEndpoint } from "@postrider/core/webhook/delete-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"

export function deleteEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "delete",
    path: "/v1/endpoints/:id",
    operationId: "deleteEndpoint",
    summary: "Delete an endpoint",
    tag: "Endpoints",
    scope: "webhooks:manage",
    answers: { 204: { description: "Gone; nothing more is sent to it." } },
    problems: ["version_mismatch"],
    async handle({ c, actor, params, when }) {
      await deleteEndpoint(deps.ports, actor, { id: params.id, when })
      return c.body(null, 204)
    },
  })
}

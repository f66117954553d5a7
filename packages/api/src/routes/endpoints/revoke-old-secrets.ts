import { revokeOldSecrets } from "@postrider/core/webhook/rotate-secret"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { shownEndpoint } from "./endpoint-schema.ts"

export function revokeOldSecretsRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/endpoints/:id/revoke_old_secrets",
    operationId: "revokeOldEndpointSecrets",
    summary: "End the overlap of a rotation now",
    tag: "Endpoints",
    scope: "webhooks:manage",
    answers: { 200: { description: "As it is now.", schema: shownEndpoint } },
    async handle({ c, actor, params }) {
      const record = await revokeOldSecrets(deps.ports, actor, params.id)
      return c.json(showEndpoint(record), 200, { ETag: etag(record) })
    },
  })
}

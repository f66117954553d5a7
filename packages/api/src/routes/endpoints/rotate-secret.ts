import { rotateSecret } from "@postrider/core/webhook/rotate-secret"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { rotation, shownEndpoint } from "./endpoint-schema.ts"

export function rotateSecretRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/endpoints/:id/rotate_secret",
    operationId: "rotateEndpointSecret",
    summary: "Give an endpoint a new secret",
    description: "Shows the new `secret` once; the old one signs beside it for `overlap_seconds` more.",
    tag: "Endpoints",
    scope: "webhooks:manage",
    body: rotation,
    answers: { 200: { description: "The endpoint with its new secret.", schema: shownEndpoint } },
    problems: ["state_conflict"],
    async handle({ c, actor, params, body }) {
      const { record, secret } = await rotateSecret(deps.ports, actor, {
        id: params.id,
        overlapSeconds: body.overlap_seconds,
        ...(body.secret === undefined ? {} : { secret: body.secret }),
      })
      return c.json({ ...showEndpoint(record), secret }, 200, { ETag: etag(record) })
    },
  })
}

import { patchEndpoint } from "@postrider/core/webhook/patch-endpoint"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { endpointPatch, shownEndpoint } from "./endpoint-schema.ts"
import { readPatch } from "./read-input.ts"

export function patchEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "patch",
    path: "/v1/endpoints/:id",
    operationId: "patchEndpoint",
    summary: "Change an endpoint",
    description: "A JSON merge patch: null resets, arrays are replaced, headers are merged by name.",
    tag: "Endpoints",
    scope: "webhooks:manage",
    body: endpointPatch,
    answers: { 200: { description: "As it is now.", schema: shownEndpoint } },
    problems: ["version_mismatch", "exceeds_own_rights", "address_not_allowed", "secret_required", "unsupported"],
    async handle({ c, actor, params, body, when }) {
      const record = await patchEndpoint(deps.ports, actor, { id: params.id, when, fields: readPatch(body) })
      return c.json(showEndpoint(record), 200, { ETag: etag(record) })
    },
  })
}

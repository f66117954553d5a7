import { putEndpoint } from "@postrider/core/webhook/put-endpoint"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { checkSameId } from "../../same-id.ts"
import { endpointInput, shownEndpoint, verifyQuery } from "./endpoint-schema.ts"
import { readInput } from "./read-input.ts"

export function putEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "put",
    path: "/v1/endpoints/:id",
    operationId: "putEndpoint",
    summary: "Make an endpoint be what the body says",
    description: "The same again changes nothing. An absent secret is kept, or made and shown once.",
    tag: "Endpoints",
    scope: "webhooks:manage",
    query: verifyQuery,
    body: endpointInput,
    answers: {
      200: { description: "Replaced, or as it was.", schema: shownEndpoint },
      201: { description: "Made.", schema: shownEndpoint },
    },
    problems: [
      "not_found",
      "already_exists",
      "version_mismatch",
      "exceeds_own_rights",
      "address_not_allowed",
      "secret_required",
      "unsupported",
      "verification_failed",
    ],
    async handle({ c, actor, params, query, body, when }) {
      checkSameId(params.id, body.id)
      const input = { ...readInput(body), id: params.id, verify: query.verify, when }
      const { record, secret, created } = await putEndpoint(deps.ports, actor, input)
      const headers = { ETag: etag(record), ...(created ? { Location: `/v1/endpoints/${record.id}` } : {}) }
      const shown = { ...showEndpoint(record), ...(secret === null ? {} : { secret }) }
      return c.json(shown, created ? 201 : 200, headers)
    },
  })
}

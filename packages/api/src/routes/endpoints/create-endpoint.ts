import { createEndpoint } from "@postrider/core/webhook/create-endpoint"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { endpointInput, shownEndpoint, verifyQuery } from "./endpoint-schema.ts"
import { readInput } from "./read-input.ts"

export function createEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/endpoints",
    operationId: "createEndpoint",
    summary: "Make a webhook endpoint",
    description: "Shows `secret` once. Sends nothing, unless `?verify=true` asks for a ping first.",
    tag: "Endpoints",
    scope: "webhooks:manage",
    query: verifyQuery,
    body: endpointInput,
    answers: { 201: { description: "Made.", schema: shownEndpoint } },
    problems: ["already_exists", "exceeds_own_rights", "address_not_allowed", "unsupported", "verification_failed"],
    async handle({ c, actor, query, body, once }) {
      const input = { ...readInput(body), id: body.id ?? null, verify: query.verify, once }
      const { record, secret } = await createEndpoint(deps.ports, actor, input)
      const headers = { Location: `/v1/endpoints/${record.id}`, ETag: etag(record) }
      return c.json({ ...showEndpoint(record), secret }, 201, headers)
    },
  })
}

import { listEndpoints } from "@postrider/core/webhook/list-endpoints"
import { showEndpoint } from "@postrider/core/webhook/show-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { listAnswer, listPosition, listQueryEntries } from "../../list-answer.ts"
import { listOf } from "../../schema/list-of.ts"
import { strict } from "../../schema/strict.ts"
import { shownEndpoint } from "./endpoint-schema.ts"

export function listEndpointsRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/endpoints",
    operationId: "listEndpoints",
    summary: "List endpoints, newest first",
    tag: "Endpoints",
    scope: "webhooks:read",
    query: strict(listQueryEntries),
    answers: { 200: { description: "A page.", schema: listOf(shownEndpoint) } },
    problems: ["invalid_cursor"],
    async handle({ c, actor, query }) {
      const { scope, ...page } = listPosition(deps.ports.ids, "/v1/endpoints", query)
      const { data, ...rest } = await listEndpoints(deps.ports, actor, page)
      return c.json(listAnswer(deps.ports.ids, scope, { data: data.map(showEndpoint), ...rest }))
    },
  })
}

import { listAttempts } from "@postrider/core/webhook/list-attempts"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { listAnswer, listPosition, listQueryEntries } from "../../list-answer.ts"
import { listOf } from "../../schema/list-of.ts"
import { strict } from "../../schema/strict.ts"
import { time } from "../../schema/text.ts"
import { webhookAttempt } from "./endpoint-schema.ts"

const query = strict({
  ...listQueryEntries,
  outcome: v.optional(v.picklist(["delivered", "failed"])),
  since: v.optional(time),
  until: v.optional(time),
})

export function listEndpointAttemptsRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/endpoints/:id/attempts",
    operationId: "listEndpointAttempts",
    summary: "List the tries of an endpoint, newest first",
    tag: "Endpoints",
    scope: "webhooks:read",
    query,
    answers: { 200: { description: "A page.", schema: listOf(webhookAttempt) } },
    problems: ["invalid_cursor"],
    async handle({ c, actor, params, query }) {
      const { scope, ...page } = listPosition(deps.ports.ids, c.req.path, query)
      const { data, ...rest } = await listAttempts(deps.ports, actor, {
        id: params.id,
        ...page,
        ...(query.outcome === undefined ? {} : { outcome: query.outcome }),
        ...(query.since === undefined ? {} : { since: Date.parse(query.since) }),
        ...(query.until === undefined ? {} : { until: Date.parse(query.until) }),
      })
      return c.json(listAnswer(deps.ports.ids, scope, { data, ...rest }))
    },
  })
}

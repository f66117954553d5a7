import { listEventAttempts } from "@postrider/core/event/list-event-attempts"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { webhookAttempt } from "../endpoints/endpoint-schema.ts"

const answer = v.object({ data: v.array(webhookAttempt), next_cursor: v.null(), has_more: v.literal(false) })

export function listEventAttemptsRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/events/:id/attempts",
    operationId: "listEventAttempts",
    summary: "List the tries to deliver an event, oldest first",
    tag: "Events",
    scope: "events:read",
    answers: { 200: { description: "All of them.", schema: answer } },
    async handle({ c, actor, params }) {
      return c.json({ data: await listEventAttempts(deps.ports, actor, params.id), next_cursor: null, has_more: false })
    },
  })
}

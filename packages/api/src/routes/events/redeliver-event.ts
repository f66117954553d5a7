import { redeliverEvent } from "@postrider/core/event/redeliver-event"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { strict } from "../../schema/strict.ts"
import { id } from "../../schema/text.ts"

const answer = v.object({ data: v.array(v.object({ endpoint: v.string(), attempt: v.number() })) })

export function redeliverEventRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/events/:id/redeliver",
    operationId: "redeliverEvent",
    summary: "Send an event again",
    description: "To one endpoint, or to all that want it; under the same id, with a whole schedule of its own.",
    tag: "Events",
    scope: "webhooks:manage",
    body: strict({ endpoint: v.optional(id) }),
    answers: { 202: { description: "On its way.", schema: answer } },
    problems: ["state_conflict"],
    async handle({ c, actor, params, body }) {
      const target = { id: params.id, endpoint: body.endpoint ?? null }
      return c.json({ data: await redeliverEvent(deps.ports, actor, target) }, 202)
    },
  })
}

import { getEvent } from "@postrider/core/event/get-event"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { strict } from "../../schema/strict.ts"
import { bodyForm, eventWithDeliveries } from "./event-schema.ts"

export function getEventRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/events/:id",
    operationId: "getEvent",
    summary: "Read an event and its deliveries",
    tag: "Events",
    scope: "events:read",
    query: strict({ body: v.optional(bodyForm, "compact") }),
    answers: { 200: { description: "The event.", schema: eventWithDeliveries } },
    async handle({ c, actor, params, query }) {
      return c.json(await getEvent(deps.ports, actor, { id: params.id, body: query.body }))
    },
  })
}

import { retryMessage } from "@postrider/core/outbound/retry-message"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { outboundMessage } from "./message-schema.ts"

export function retryMessageRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/messages/:id/retry",
    operationId: "retryMessage",
    summary: "Try a message now",
    description: "A deferred one at once; a settled one anew, for the recipients that were not taken over.",
    tag: "Messages",
    scope: "messages:manage",
    answers: {
      200: { description: "Done.", schema: outboundMessage },
      202: { description: "Asked for; an attempt is running.", schema: outboundMessage },
    },
    problems: ["state_conflict"],
    async handle({ c, actor, params }) {
      const { message, asked } = await retryMessage(deps.ports, actor, params.id)
      return c.json(message, asked ? 202 : 200)
    },
  })
}

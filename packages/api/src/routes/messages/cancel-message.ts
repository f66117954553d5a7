import { cancelMessage } from "@postrider/core/outbound/cancel-message"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { outboundMessage } from "./message-schema.ts"
import { ownOnly } from "./own-only.ts"

export function cancelMessageRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/messages/:id/cancel",
    operationId: "cancelMessage",
    summary: "Take back what was not sent",
    description: "While an attempt runs the cancellation is only asked for (202), and the attempt may win.",
    tag: "Messages",
    scope: ["messages:manage", "messages:send"],
    answers: {
      200: { description: "Done.", schema: outboundMessage },
      202: { description: "Asked for; an attempt is running.", schema: outboundMessage },
    },
    problems: ["state_conflict"],
    async handle({ c, actor, params }) {
      const { message, asked } = await cancelMessage(deps.ports, ownOnly(actor), params.id)
      return c.json(message, asked ? 202 : 200)
    },
  })
}

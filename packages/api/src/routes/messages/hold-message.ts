import { holdMessage } from "@postrider/core/outbound/hold-message"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { outboundMessage } from "./message-schema.ts"

export function holdMessageRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/messages/:id/hold",
    operationId: "holdMessage",
    summary: "Keep a message back until `release`",
    description: "While an attempt runs it is only asked for (202).",
    tag: "Messages",
    scope: "messages:manage",
    answers: {
      200: { description: "Done.", schema: outboundMessage },
      202: { description: "Asked for; an attempt is running.", schema: outboundMessage },
    },
    problems: ["state_conflict"],
    async handle({ c, actor, params }) {
      const { message, asked } = await holdMessage(deps.ports, actor, params.id)
      return c.json(message, asked ? 202 : 200)
    },
  })
}

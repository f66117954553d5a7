import { releaseMessage } from "@postrider/core/outbound/release-message"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { outboundMessage } from "./message-schema.ts"

export function releaseMessageRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/messages/:id/release",
    operationId: "releaseMessage",
    summary: "Let a held message go",
    description: "Now, or at its `scheduled_at`.",
    tag: "Messages",
    scope: "messages:manage",
    answers: {
      200: { description: "Done.", schema: outboundMessage },
      202: { description: "Asked for; an attempt is running.", schema: outboundMessage },
    },
    problems: ["state_conflict"],
    async handle({ c, actor, params }) {
      const { message, asked } = await releaseMessage(deps.ports, actor, params.id)
      return c.json(message, asked ? 202 : 200)
    },
  })
}

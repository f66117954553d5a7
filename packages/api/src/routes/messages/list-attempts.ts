import { listMessageAttempts } from "@postrider/core/outbound/list-message-attempts"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { listOf } from "../../schema/list-of.ts"
import { attempt } from "./message-schema.ts"

export function listAttemptsRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/messages/:id/attempts",
    operationId: "listMessageAttempts",
    summary: "List the tries over SMTP, oldest first",
    tag: "Messages",
    scope: ["messages:read", "messages:send"],
    answers: { 200: { description: "All of them.", schema: listOf(attempt) } },
    async handle({ c, actor, params }) {
      const data = await listMessageAttempts(deps.ports, actor, params.id)
      return c.json({ data, next_cursor: null, has_more: false })
    },
  })
}

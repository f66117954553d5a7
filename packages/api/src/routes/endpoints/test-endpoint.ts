import { testEndpoint } from "@postrider/core/webhook/test-endpoint"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { webhookAttempt } from "./endpoint-schema.ts"

export function testEndpointRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/endpoints/:id/test",
    operationId: "testEndpoint",
    summary: "Send a ping now",
    description: "Posts `webhook.ping` by the way every event goes and answers the attempt, whatever came of it.",
    tag: "Endpoints",
    scope: "webhooks:manage",
    answers: { 200: { description: "The attempt.", schema: webhookAttempt } },
    async handle({ c, actor, params }) {
      return c.json(await testEndpoint(deps.ports, actor, params.id))
    },
  })
}

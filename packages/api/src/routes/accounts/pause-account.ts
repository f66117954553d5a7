import { pauseAccount } from "@postrider/core/account/pause-account"
import { showAccount } from "@postrider/core/account/show-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { pauseInput, shownAccount } from "./account-schema.ts"

export function pauseAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/accounts/:id/pause",
    operationId: "pauseAccount",
    summary: "Stop polling and sending",
    description:
      "All parts, or those named: `smtp`, `smtp:<route>`, `imap`, `pop3`. Mail for a paused part is accepted and waits.",
    tag: "Accounts",
    scope: "accounts:manage",
    body: pauseInput,
    answers: { 200: { description: "As it is now.", schema: shownAccount } },
    async handle({ c, actor, params, body }) {
      const record = await pauseAccount(deps.ports, actor, { id: params.id, parts: body.parts ?? null })
      return c.json(showAccount(record, deps.ports.clock.now()))
    },
  })
}

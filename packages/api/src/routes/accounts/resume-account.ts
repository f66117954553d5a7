import { resumeAccount } from "@postrider/core/account/resume-account"
import { showAccount } from "@postrider/core/account/show-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { pauseInput, shownAccount } from "./account-schema.ts"

export function resumeAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/accounts/:id/resume",
    operationId: "resumeAccount",
    summary: "Poll and send again",
    description: "All parts, or those named. What rests after failures is tried at once.",
    tag: "Accounts",
    scope: "accounts:manage",
    body: pauseInput,
    answers: { 200: { description: "As it is now.", schema: shownAccount } },
    async handle({ c, actor, params, body }) {
      const record = await resumeAccount(deps.ports, actor, { id: params.id, parts: body.parts ?? null })
      return c.json(showAccount(record, deps.ports.clock.now()))
    },
  })
}

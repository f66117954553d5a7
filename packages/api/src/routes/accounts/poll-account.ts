import { pollAccountNow } from "@postrider/core/account/poll-account-now"
import { showAccount } from "@postrider/core/account/show-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { shownAccount } from "./account-schema.ts"

export function pollAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/accounts/:id/poll",
    operationId: "pollAccount",
    summary: "Poll now",
    tag: "Accounts",
    scope: "accounts:manage",
    answers: { 202: { description: "A poll was sent.", schema: shownAccount } },
    problems: ["state_conflict", "unsupported"],
    async handle({ c, actor, params }) {
      const record = await pollAccountNow(deps.ports, actor, params.id)
      return c.json(showAccount(record, deps.ports.clock.now()), 202)
    },
  })
}

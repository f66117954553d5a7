import { getAccount } from "@postrider/core/account/get-account"
import { showAccount } from "@postrider/core/account/show-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { shownAccount } from "./account-schema.ts"

export function getAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/accounts/:id",
    operationId: "getAccount",
    summary: "Read an account and how it fares",
    tag: "Accounts",
    scope: "accounts:read",
    answers: { 200: { description: "The account, without its secrets.", schema: shownAccount } },
    async handle({ c, actor, params }) {
      const { body } = await getAccount(deps.ports, actor, params.id)
      return c.json(showAccount(body, deps.ports.clock.now()), 200, { ETag: etag(body) })
    },
  })
}

import { verifyAccount } from "@postrider/core/account/verify-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { verification } from "./verify-schema.ts"

export function verifyAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/accounts/:id/verify",
    operationId: "verifyAccount",
    summary: "Try the servers of an account",
    tag: "Accounts",
    scope: "accounts:manage",
    answers: { 200: { description: "What each server said.", schema: verification } },
    async handle({ c, actor, params }) {
      return c.json(await verifyAccount(deps.ports, actor, params.id))
    },
  })
}

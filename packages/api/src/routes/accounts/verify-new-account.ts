import { verifyInput } from "@postrider/core/account/verify-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { accountInput } from "./account-schema.ts"
import { verification } from "./verify-schema.ts"

export function verifyNewAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/accounts/verify",
    operationId: "verifySettings",
    summary: "Try settings without saving",
    description:
      "One login for each server, no mail. With the `id` of an account its stored secrets stand in for absent ones.",
    tag: "Accounts",
    scope: "accounts:manage",
    body: accountInput,
    answers: { 200: { description: "What each server said.", schema: verification } },
    problems: ["one_intake", "secret_required", "unsupported"],
    async handle({ c, actor, body }) {
      const { id = null, ...input } = body
      return c.json(await verifyInput(deps.ports, actor, { id, input }))
    },
  })
}

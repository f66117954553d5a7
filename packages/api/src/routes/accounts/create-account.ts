import { createAccount } from "@postrider/core/account/create-account"
import { showAccount } from "@postrider/core/account/show-account"
import { requireVerified, verifyInput } from "@postrider/core/account/verify-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { accountInput, shownAccount } from "./account-schema.ts"
import { verifyQuery } from "./verify-schema.ts"

export function createAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/accounts",
    operationId: "createAccount",
    summary: "Make an account",
    description:
      "Only `email` is required. With `?verify=true` it is saved only if its servers can be logged in to; else nothing is dialled.",
    tag: "Accounts",
    scope: "accounts:manage",
    query: verifyQuery,
    body: accountInput,
    answers: { 201: { description: "Made; its mail is polled at once.", schema: shownAccount } },
    problems: [
      "exceeds_own_rights",
      "already_exists",
      "one_intake",
      "secret_required",
      "unsupported",
      "verification_failed",
      "address_not_allowed",
    ],
    async handle({ c, actor, query, body, once }) {
      const { id = null, ...input } = body
      const verify = async () => requireVerified(await verifyInput(deps.ports, actor, { id: null, input }))
      const checked = query.verify === true ? { verify } : {}
      const record = await createAccount(deps.ports, actor, { id, input, once, ...checked })
      const headers = { Location: `/v1/accounts/${record.id}`, ETag: etag(record) }
      return c.json(showAccount(record, deps.ports.clock.now()), 201, headers)
    },
  })
}

import { putAccount } from "@postrider/core/account/put-account"
import { showAccount } from "@postrider/core/account/show-account"
import { requireVerified, verifyInput } from "@postrider/core/account/verify-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { checkSameId } from "../../same-id.ts"
import { accountInput, shownAccount } from "./account-schema.ts"
import { verifyQuery } from "./verify-schema.ts"

export function putAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "put",
    path: "/v1/accounts/:id",
    operationId: "putAccount",
    summary: "Make an account be what the body says",
    description: "Absent fields get their defaults, absent secrets stay. The same again changes nothing.",
    tag: "Accounts",
    scope: "accounts:manage",
    query: verifyQuery,
    body: accountInput,
    answers: {
      200: { description: "Replaced, or as it was.", schema: shownAccount },
      201: { description: "Made.", schema: shownAccount },
    },
    problems: [
      "not_found",
      "exceeds_own_rights",
      "state_conflict",
      "version_mismatch",
      "one_intake",
      "secret_required",
      "unsupported",
      "verification_failed",
      "address_not_allowed",
    ],
    async handle({ c, actor, params, query, body, when }) {
      const { id, ...input } = body
      checkSameId(params.id, id)
      if (query.verify === true) requireVerified(await verifyInput(deps.ports, actor, { id: params.id, input }))
      const { record, created } = await putAccount(deps.ports, actor, { id: params.id, input, when })
      const headers = { ETag: etag(record), ...(created ? { Location: `/v1/accounts/${record.id}` } : {}) }
      return c.json(showAccount(record, deps.ports.clock.now()), created ? 201 : 200, headers)
    },
  })
}

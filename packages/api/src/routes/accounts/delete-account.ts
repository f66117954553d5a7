import { deleteAccount } from "@postrider/core/account/delete-account"
import { RelayError } from "@postrider/core/error/relay-error"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { strict } from "../../schema/strict.ts"
import { flag } from "../../schema/text.ts"

export function deleteAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "delete",
    path: "/v1/accounts/:id",
    operationId: "deleteAccount",
    summary: "Remove an account",
    description:
      "Destroys its credentials and ends its polls at once, and cancels what it has not sent; messages stay until retention.",
    tag: "Accounts",
    scope: "accounts:manage",
    query: strict({ erase: v.optional(flag) }),
    answers: { 204: { description: "Removed." } },
    problems: ["version_mismatch", "unsupported"],
    async handle({ c, actor, params, query, when }) {
      if (query.erase === true) {
        throw new RelayError("unsupported", "erase is not supported by this version.", {
          fix: "Leave `erase` out.",
          errors: [{ parameter: "erase", code: "unsupported", detail: "erase is not supported by this version." }],
        })
      }
      await deleteAccount(deps.ports, actor, { id: params.id, when })
      return c.body(null, 204)
    },
  })
}

import { patchAccount } from "@postrider/core/account/patch-account"
import { showAccount } from "@postrider/core/account/show-account"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { mergePatch } from "../../merge-patch.ts"
import { etag } from "../../preconditions.ts"
import { validateBody } from "../../validate.ts"
import { accountPatch, mergedAccount, shownAccount } from "./account-schema.ts"

export function patchAccountRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "patch",
    path: "/v1/accounts/:id",
    operationId: "patchAccount",
    summary: "Change an account",
    description: "A JSON merge patch: null resets (a secret: removes), arrays are replaced, absent secrets stay.",
    tag: "Accounts",
    scope: "accounts:manage",
    body: accountPatch,
    answers: { 200: { description: "As it is now.", schema: shownAccount } },
    problems: [
      "exceeds_own_rights",
      "state_conflict",
      "version_mismatch",
      "one_intake",
      "secret_required",
      "unsupported",
    ],
    async handle({ c, actor, params, body, when }) {
      const record = await patchAccount(deps.ports, actor, {
        id: params.id,
        when,
        merge: (current) => validateBody(mergedAccount, mergePatch(current, body)),
      })
      return c.json(showAccount(record, deps.ports.clock.now()), 200, { ETag: etag(record) })
    },
  })
}

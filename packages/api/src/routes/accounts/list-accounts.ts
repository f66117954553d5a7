import { partStates } from "@postrider/core/account/account"
import { listAccounts } from "@postrider/core/account/list-accounts"
import { showAccount } from "@postrider/core/account/show-account"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { listAnswer, listPosition, listQueryEntries } from "../../list-answer.ts"
import { commaList } from "../../schema/comma-list.ts"
import { listOf } from "../../schema/list-of.ts"
import { strict } from "../../schema/strict.ts"
import { line } from "../../schema/text.ts"
import { shownAccount } from "./account-schema.ts"

const query = strict({
  ...listQueryEntries,
  state: v.optional(commaList(v.picklist(partStates))),
  tenant: v.optional(line(64)),
  email: v.optional(line(320)),
})

export function listAccountsRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/accounts",
    operationId: "listAccounts",
    summary: "List accounts, newest first",
    tag: "Accounts",
    scope: "accounts:read",
    query,
    answers: { 200: { description: "A page.", schema: listOf(shownAccount) } },
    problems: ["invalid_cursor"],
    async handle({ c, actor, query }) {
      const { scope, ...page } = listPosition(deps.ports.ids, "/v1/accounts", query)
      const filter = { state: query.state ?? null, tenant: query.tenant ?? null, email: query.email ?? null }
      const { data, ...rest } = await listAccounts(deps.ports, actor, { filter, ...page })
      const now = deps.ports.clock.now()
      return c.json(
        listAnswer(deps.ports.ids, scope, { data: data.map((record) => showAccount(record, now)), ...rest }),
      )
    },
  })
}

import { listKeys } from "@postrider/core/key/list-keys"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { listAnswer, listPosition, listQueryEntries } from "../../list-answer.ts"
import { listOf } from "../../schema/list-of.ts"
import { strict } from "../../schema/strict.ts"
import { shownKey } from "./key-schema.ts"
import { showKey } from "./show-key.ts"

export function listKeysRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/keys",
    operationId: "listKeys",
    summary: "List keys, newest first",
    tag: "Keys",
    scope: "keys:read",
    query: strict(listQueryEntries),
    answers: { 200: { description: "A page.", schema: listOf(shownKey) } },
    problems: ["invalid_cursor"],
    async handle({ c, actor, query }) {
      const { scope, ...page } = listPosition(deps.ports.ids, "/v1/keys", query)
      const { data, ...rest } = await listKeys(deps.ports, actor, page)
      return c.json(listAnswer(deps.ports.ids, scope, { data: data.map((record) => showKey(record)), ...rest }))
    },
  })
}

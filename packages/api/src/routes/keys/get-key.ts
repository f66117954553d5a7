import { getKey } from "@postrider/core/key/get-key"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { shownKey } from "./key-schema.ts"
import { showKey } from "./show-key.ts"

export function getKeyRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/keys/:id",
    operationId: "getKey",
    summary: "Read a key",
    tag: "Keys",
    scope: "keys:read",
    answers: { 200: { description: "The key, without itself.", schema: shownKey } },
    async handle({ c, actor, params }) {
      const { record } = await getKey(deps.ports, actor, params.id)
      return c.json(showKey(record.body), 200, { ETag: etag(record.body) })
    },
  })
}

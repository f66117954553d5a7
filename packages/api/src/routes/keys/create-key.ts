import { createKey } from "@postrider/core/key/create-key"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { keyInput, shownKey } from "./key-schema.ts"
import { keySettings, showKey } from "./show-key.ts"

export function createKeyRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/keys",
    operationId: "createKey",
    summary: "Make a key",
    description:
      "Shows `key` once, unless `sha256` of a key made elsewhere is given. Nobody grants more than they have.",
    tag: "Keys",
    scope: "keys:manage",
    body: keyInput,
    answers: { 201: { description: "Made.", schema: shownKey } },
    problems: ["exceeds_own_rights", "already_exists"],
    async handle({ c, actor, body, once }) {
      const input = { id: body.id ?? null, sha256: body.sha256 ?? null, settings: keySettings(body), once }
      const { record, key } = await createKey(deps.ports, actor, input)
      return c.json(showKey(record, key), 201, { Location: `/v1/keys/${record.id}`, ETag: etag(record) })
    },
  })
}

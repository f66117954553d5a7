import { putKey } from "@postrider/core/key/put-key"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { checkSameId } from "../../same-id.ts"
import { keyInput, shownKey } from "./key-schema.ts"
import { keySettings, showKey } from "./show-key.ts"

export function putKeyRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "put",
    path: "/v1/keys/:id",
    operationId: "putKey",
    summary: "Make a key be what the body says",
    description: "The same again changes nothing. Without `sha256` an existing key stays, and a new one is shown once.",
    tag: "Keys",
    scope: "keys:manage",
    body: keyInput,
    answers: {
      200: { description: "Replaced, or as it was.", schema: shownKey },
      201: { description: "Made.", schema: shownKey },
    },
    problems: ["exceeds_own_rights", "already_exists", "state_conflict", "version_mismatch", "not_found"],
    async handle({ c, actor, params, body, when }) {
      checkSameId(params.id, body.id)
      const input = { id: params.id, sha256: body.sha256 ?? null, settings: keySettings(body), when }
      const { record, key, created } = await putKey(deps.ports, actor, input)
      const headers = { ETag: etag(record), ...(created ? { Location: `/v1/keys/${record.id}` } : {}) }
      return c.json(showKey(record, key), created ? 201 : 200, headers)
    },
  })
}

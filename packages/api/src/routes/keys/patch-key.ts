import { patchKey } from "@postrider/core/key/patch-key"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { keyPatch, shownKey } from "./key-schema.ts"
import { showKey } from "./show-key.ts"

export function patchKeyRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "patch",
    path: "/v1/keys/:id",
    operationId: "patchKey",
    summary: "Change a key",
    description: "A JSON merge patch: null resets, arrays are replaced. `test` is fixed for life.",
    tag: "Keys",
    scope: "keys:manage",
    body: keyPatch,
    answers: { 200: { description: "As it is now.", schema: shownKey } },
    problems: ["exceeds_own_rights", "version_mismatch"],
    async handle({ c, actor, params, body, when }) {
      const record = await patchKey(deps.ports, actor, { id: params.id, when, fields: body })
      return c.json(showKey(record), 200, { ETag: etag(record) })
    },
  })
}

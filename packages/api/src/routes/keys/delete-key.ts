import { deleteKey } from "@postrider/core/key/delete-key"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"

export function deleteKeyRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "delete",
    path: "/v1/keys/:id",
    operationId: "deleteKey",
    summary: "Revoke a key",
    description: "Works everywhere within 60 seconds.",
    tag: "Keys",
    scope: "keys:manage",
    answers: { 204: { description: "Revoked." } },
    problems: ["version_mismatch"],
    async handle({ c, actor, params, when }) {
      await deleteKey(deps.ports, actor, { id: params.id, when })
      return c.body(null, 204)
    },
  })
}

import { rotateKey } from "@postrider/core/key/rotate-key"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { etag } from "../../preconditions.ts"
import { keyRotation, shownKey } from "./key-schema.ts"
import { showKey } from "./show-key.ts"

export function rotateKeyRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/keys/:id/rotate",
    operationId: "rotateKey",
    summary: "Replace a key by a fresh one",
    description: "Shows the new `key` once; the old one works for `overlap_seconds` more.",
    tag: "Keys",
    scope: "keys:manage",
    body: keyRotation,
    answers: { 200: { description: "The key with its new self.", schema: shownKey } },
    problems: ["exceeds_own_rights", "already_exists"],
    async handle({ c, actor, params, body, once }) {
      const rotation = { id: params.id, overlapSeconds: body.overlap_seconds, sha256: body.sha256 ?? null, once }
      const { record, key } = await rotateKey(deps.ports, actor, rotation)
      return c.json(showKey(record, key), 200, { ETag: etag(record) })
    },
  })
}

import { shownKeyId } from "@postrider/core/key/key"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { shownKey } from "./key-schema.ts"

const me = v.omit(v.object(shownKey.entries), ["created_at", "updated_at", "key"])

export function meRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/me",
    operationId: "getMe",
    summary: "What this key may do",
    tag: "Keys",
    scope: null,
    answers: { 200: { description: "The rights of the key that asks.", schema: me } },
    handle: ({ c, actor }) => c.json({ id: shownKeyId(actor), ...actor.settings }),
  })
}

import { readRaw } from "@postrider/core/inbound/read-raw"
import { requireScope } from "@postrider/core/key/authorize"
import { readOutboundRaw } from "@postrider/core/outbound/read-outbound-raw"
import { addRoute } from "../../add-route.ts"
import { download } from "../../download.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { rawMailType } from "../../media-type.ts"
import { isInbound } from "./is-inbound.ts"

export function readRawRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/messages/:id/raw",
    operationId: "getRawMessage",
    summary: "Read the bytes of a mail",
    description: "Outbound: as every attempt sends them. Inbound: as the server handed them out.",
    tag: "Messages",
    scope: ["messages:read", "messages:send"],
    answers: { 200: { description: "The mail.", media: rawMailType } },
    problems: ["erased"],
    async handle({ actor, params }) {
      const file = { filename: `${params.id}.eml`, contentType: rawMailType }
      if (isInbound(params.id)) {
        requireScope(actor, "messages:read")
        return download({ ...(await readRaw(deps.ports, actor, params.id)), ...file })
      }
      const { size, body } = await readOutboundRaw(deps.ports, actor, params.id)
      return download({ body: body(), size, ...file })
    },
  })
}

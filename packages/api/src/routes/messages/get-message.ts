import { getInboundMessage } from "@postrider/core/inbound/get-inbound-message"
import { requireScope } from "@postrider/core/key/authorize"
import { getMessage } from "@postrider/core/outbound/get-message"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { fieldFault } from "../../schema/field-fault.ts"
import { strict } from "../../schema/strict.ts"
import { waitSignal } from "../../wait-signal.ts"
import { isInbound } from "./is-inbound.ts"
import { anyMessage } from "./message-schema.ts"

const query = strict({
  wait: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(?:\d|1\d|20)$/, fieldFault("out_of_range", "must be a whole number of seconds from 0 to 20")),
      v.transform(Number),
      v.metadata({ description: "Seconds, up to 20, to wait until the message is settled." }),
    ),
  ),
})

export function getMessageRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/messages/:id",
    operationId: "getMessage",
    summary: "Read a message",
    description:
      "Of either direction. With `wait` the answer comes once an outbound message is settled, or when the time is up.",
    tag: "Messages",
    scope: ["messages:read", "messages:send"],
    query,
    answers: { 200: { description: "The message, with its bodies.", schema: anyMessage } },
    problems: ["erased"],
    async handle({ c, actor, params, query }) {
      if (isInbound(params.id)) {
        // A key that only sends reads what it sent, and nothing that came in.
        requireScope(actor, "messages:read")
        return c.json(await getInboundMessage(deps.ports, actor, params.id))
      }
      const waitMs = (query.wait ?? 0) * 1000
      return c.json(await getMessage(deps.ports, actor, { id: params.id, waitMs, signal: waitSignal(c, deps) }))
    },
  })
}

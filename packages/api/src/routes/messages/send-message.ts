import { sendMessage } from "@postrider/core/outbound/send-message"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { invalidRequest } from "../../validate.ts"
import { refuseLater } from "./later-fields.ts"
import { outboundMessage } from "./message-schema.ts"
import { sendBody, sendInput } from "./send-schema.ts"

export function sendMessageRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/messages",
    operationId: "sendMessage",
    summary: "Send a mail",
    description: "202 means: stored, and certain to be worked on. Read the message to see what became of it.",
    tag: "Messages",
    scope: "messages:send",
    prepare: refuseLater,
    body: sendBody,
    idempotency: "own",
    answers: { 202: { description: "Accepted.", schema: outboundMessage } },
    problems: [
      "account_required",
      "unknown_account",
      "unknown_route",
      "from_not_allowed",
      "recipient_not_allowed",
      "message_too_large",
      "unsupported",
    ],
    async handle({ c, actor, body, idempotencyKey }) {
      checkExpiry(body.expires_at ?? null, deps.ports.clock.now())
      const { message, replayed } = await sendMessage(deps.ports, actor, { input: sendInput(body), idempotencyKey })
      const headers = { Location: `/v1/messages/${message.id}`, ...(replayed ? { "Idempotent-Replayed": "true" } : {}) }
      return c.json(message, 202, headers)
    },
  })
}

function checkExpiry(expiresAt: string | null, now: number): void {
  if (expiresAt === null || Date.parse(expiresAt) > now) return
  throw invalidRequest([{ pointer: "/expires_at", code: "out_of_range", detail: "expires_at must be in the future." }])
}

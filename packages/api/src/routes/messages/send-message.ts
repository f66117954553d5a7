import { sendMessage } from "@postrider/core/outbound/send-message"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { mediaType, rawMailType } from "../../media-type.ts"
import { invalidRequest } from "../../validate.ts"
import { refuseLater } from "./later-fields.ts"
import { outboundMessage } from "./message-schema.ts"
import { rawMailInput, rawMailQuery, refuseRawQuery } from "./raw-mail.ts"
import { refuseUnfoldable } from "./refuse-unfoldable.ts"
import { sendBody, sendInput } from "./send-schema.ts"

export function sendMessageRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "post",
    path: "/v1/messages",
    operationId: "sendMessage",
    summary: "Send a mail",
    description:
      "202 means: stored, and certain to be worked on. Read the message to see what became of it. A body of type `message/rfc822` is a raw mail: it goes as it is, from `mail_from` to `rcpt_to` (without it, to its To and Cc).",
    tag: "Messages",
    scope: "messages:send",
    prepare: (body) => refuseUnfoldable(refuseLater(body)),
    query: rawMailQuery,
    body: sendBody,
    contentAt: ["/attachments/*/content"],
    otherMedia: rawMailType,
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
    async handle({ c, actor, query, body, idempotencyKey }) {
      const isRaw = mediaType(c) === rawMailType
      if (!isRaw) refuseRawQuery(query)
      checkExpiry(body.expires_at ?? null, deps.ports.clock.now())
      const input = isRaw ? await rawMailInput(query, c.get("body")) : sendInput(body)
      const { message, replayed } = await sendMessage(deps.ports, actor, { input, idempotencyKey })
      const headers = { Location: `/v1/messages/${message.id}`, ...(replayed ? { "Idempotent-Replayed": "true" } : {}) }
      return c.json(message, 202, headers)
    },
  })
}

function checkExpiry(expiresAt: string | null, now: number): void {
  if (expiresAt === null || Date.parse(expiresAt) > now) return
  throw invalidRequest([{ pointer: "/expires_at", code: "out_of_range", detail: "expires_at must be in the future." }])
}

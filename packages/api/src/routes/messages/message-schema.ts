import { outboundStatuses } from "@postrider/core/outbound/message"
import * as v from "valibot"

const shownAddress = v.object({ name: v.nullable(v.string()), address: v.string() })
const nullableText = v.nullable(v.string())

const recipient = v.object({
  address: v.string(),
  status: v.string(),
  category: nullableText,
  code: v.nullable(v.number()),
  enhanced_code: nullableText,
  response: v.pipe(nullableText, v.metadata({ description: "The server's own words." })),
  at: v.string(),
})

/** An outbound message as it is read back. */
export const outboundMessage = v.pipe(
  v.looseObject({
    id: v.string(),
    direction: v.literal("outbound"),
    account: v.string(),
    tenant: nullableText,
    test: v.boolean(),
    status: v.picklist(outboundStatuses),
    waiting_for: nullableText,
    message_id: v.string(),
    from: shownAddress,
    to: v.array(shownAddress),
    cc: v.array(shownAddress),
    bcc: v.array(shownAddress),
    reply_to: v.array(shownAddress),
    subject: v.string(),
    thread_id: v.string(),
    recipients: v.array(recipient),
    tags: v.array(v.string()),
    metadata: v.record(v.string(), v.string()),
    attempts: v.number(),
    next_attempt_at: nullableText,
    scheduled_at: nullableText,
    expires_at: v.string(),
    created_at: v.string(),
    updated_at: v.string(),
    settled_at: nullableText,
    pending_action: v.nullable(v.picklist(["cancel", "hold"])),
  }),
  v.metadata({ ref: "OutboundMessage" }),
)

/** An inbound message as it is read back. */
export const inboundMessage = v.pipe(
  v.looseObject({
    id: v.string(),
    direction: v.literal("inbound"),
    kind: v.picklist(["mail", "bounce", "complaint", "auto_reply", "report"]),
    account: v.string(),
    source: v.picklist(["imap", "pop3"]),
    mailbox: v.string(),
    message_id: nullableText,
    thread_id: v.string(),
    from: v.nullable(shownAddress),
    to: v.array(shownAddress),
    subject: nullableText,
    date: nullableText,
    received_at: v.string(),
    created_at: v.string(),
    size: v.number(),
    raw_url: nullableText,
  }),
  v.metadata({ ref: "InboundMessage" }),
)

export const anyMessage = v.union([outboundMessage, inboundMessage])

/** One try over SMTP. */
export const attempt = v.pipe(
  v.looseObject({
    number: v.number(),
    at: v.string(),
    route: v.string(),
    host: v.string(),
    port: v.number(),
    stage: v.string(),
    outcome: v.picklist(["accepted", "partial", "deferred", "rejected", "unknown"]),
    code: v.nullable(v.number()),
    enhanced_code: nullableText,
    response: nullableText,
    duration_ms: v.number(),
  }),
  v.metadata({ ref: "Attempt" }),
)

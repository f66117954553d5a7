import type { SendMessageInput } from "@postrider/core/outbound/send-input"
import * as v from "valibot"
import { address, addressList, plainAddress } from "../../schema/address.ts"
import { base64Content } from "../../schema/base64-content.ts"
import { dictionary } from "../../schema/dictionary.ts"
import { fieldFault } from "../../schema/field-fault.ts"
import { headerName, headerValue, messageId } from "../../schema/header-text.ts"
import { strict } from "../../schema/strict.ts"
import { distinct, id, line, metadata, time } from "../../schema/text.ts"

const maxRecipients = 1000
const addresses = v.optional(v.nullable(addressList(maxRecipients)))
const token = "[A-Za-z0-9!#$&^_.+-]+"
/** RFC 6838 section 4.2. */
const typeName = "[A-Za-z0-9!#$&^_.+-]{1,127}"
const parameterName = "[A-Za-z0-9!#$&^_.+-]{1,64}"

const contentType = v.pipe(
  headerValue,
  v.regex(
    new RegExp(`^${typeName}/${typeName}(?:\\s*;\\s*${parameterName}=(?:${token}|"[^"\\\\]*"))*$`),
    fieldFault("invalid_format", "must be a media type such as application/pdf"),
  ),
  v.check((type) => !/^multipart\//i.test(type), fieldFault("invalid_format", "must not be multipart/*")),
)

const attachment = strict({
  filename: v.optional(v.nullable(v.pipe(headerValue, v.minLength(1), v.maxLength(255)))),
  content: base64Content,
  content_type: v.optional(v.nullable(contentType)),
  content_id: v.optional(
    v.nullable(
      v.pipe(
        v.string(),
        v.regex(
          /^[\w!#$%&'*+/=?^`{|}~.@-]{1,200}$/,
          fieldFault("invalid_format", "must be an id without angle brackets"),
        ),
      ),
    ),
  ),
  disposition: v.optional(v.nullable(v.picklist(["attachment", "inline"]))),
})

const headers = v.union([
  v.pipe(v.array(v.strictTuple([headerName, headerValue])), v.maxLength(100)),
  v.pipe(
    dictionary(headerName, headerValue),
    v.transform((fields) => Object.entries(fields)),
    v.maxLength(100),
  ),
])

const text = v.pipe(
  v.string(),
  v.check((value) => value.isWellFormed(), fieldFault("invalid_format", "must be well-formed Unicode")),
)
const tag = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, fieldFault("invalid_format", "must be 1 to 64 of A-Z, a-z, 0-9, _ and -")),
)

/** Body of `POST /v1/messages`. Fields of the contract that are not here are in `later-fields.ts`. */
export const sendBody = strict(
  {
    account: v.optional(v.nullable(id)),
    from: v.optional(v.nullable(address)),
    to: addresses,
    cc: addresses,
    bcc: addresses,
    reply_to: addresses,
    subject: v.optional(v.nullable(headerValue)),
    text: v.optional(v.nullable(text)),
    html: v.optional(v.nullable(text)),
    headers: v.optional(v.nullable(headers)),
    attachments: v.optional(v.nullable(v.pipe(v.array(attachment), v.maxLength(100)))),
    tags: v.optional(v.nullable(v.pipe(v.array(tag), v.maxLength(10), distinct()))),
    metadata: v.optional(v.nullable(metadata)),
    message_id: v.optional(v.nullable(messageId)),
    envelope: v.optional(
      v.nullable(
        strict({
          mail_from: v.optional(v.nullable(v.union([v.literal(""), plainAddress]))),
          rcpt_to: v.optional(v.nullable(v.pipe(v.array(plainAddress), v.minLength(1), v.maxLength(maxRecipients)))),
        }),
      ),
    ),
    automatic: v.optional(v.nullable(v.picklist(["replied", "generated"]))),
    priority: v.optional(v.nullable(v.picklist(["high", "normal", "low"]))),
    delivery: v.optional(v.nullable(v.picklist(["at_least_once", "at_most_once"]))),
    route: v.optional(v.nullable(line(64))),
    expires_at: v.optional(v.nullable(time)),
    hold: v.optional(v.nullable(v.boolean())),
    test: v.optional(v.nullable(v.boolean())),
  },
  ["id", "direction", "status", "recipients", "created_at", "updated_at", "waiting_for"],
)

/** What the use case takes: every field there, null or empty where the caller said nothing. */
export function sendInput(body: v.InferOutput<typeof sendBody>): SendMessageInput {
  return {
    account: body.account ?? null,
    from: body.from ?? null,
    to: body.to ?? [],
    cc: body.cc ?? [],
    bcc: body.bcc ?? [],
    reply_to: body.reply_to ?? [],
    subject: body.subject ?? "",
    text: body.text ?? null,
    html: body.html ?? null,
    headers: body.headers ?? [],
    attachments: (body.attachments ?? []).map(({ content, filename, content_type, content_id, disposition }) => ({
      content,
      filename: filename ?? null,
      content_type: content_type ?? null,
      content_id: content_id ?? null,
      disposition: disposition ?? null,
    })),
    tags: body.tags ?? [],
    metadata: body.metadata ?? {},
    message_id: body.message_id ?? null,
    envelope: body.envelope
      ? { mail_from: body.envelope.mail_from ?? null, rcpt_to: body.envelope.rcpt_to ?? null }
      : null,
    automatic: body.automatic ?? null,
    priority: body.priority ?? null,
    delivery: body.delivery ?? "at_least_once",
    route: body.route ?? null,
    scheduled_at: null,
    expires_at: body.expires_at ?? null,
    hold: body.hold ?? false,
    test: body.test ?? false,
    raw: null,
  }
}

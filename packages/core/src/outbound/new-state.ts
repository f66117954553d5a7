import type { AccountRecord } from "../account/account.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { messageIdOf } from "./build-mail.ts"
import type { OutboundMessage } from "./message.ts"
import type { SendMessageInput } from "./send-input.ts"
import type { OutboundState } from "./state.ts"
import type { AcceptedContent } from "./stored-content.ts"

/** Without `expires_at` a message is given up after five days (RFC 5321 §4.5.4.1). */
export const lifetimeMs: number = 5 * 24 * 60 * 60 * 1000

export interface NewMessage {
  id: string
  account: AccountRecord
  actor: Actor
  input: SendMessageInput
  recipients: string[]
  mail: AcceptedContent
  test: boolean
  fingerprint: string
}

/** State of a message at the moment it is accepted. */
export function newState(ports: Pick<Ports, "clock" | "ids">, request: NewMessage): OutboundState {
  const { id, account, actor, input } = request
  const now = ports.clock.now()
  const message = newMessage(ports, request, now)
  return {
    message,
    attempts: [],
    fingerprint: request.fingerprint,
    contentKey: `outbound/${account.id}/${message.created_at.slice(0, 10)}/${id}.${ports.ids.token(8)}.json`,
    keyId: actor.keyId,
    mailFrom: input.envelope?.mail_from ?? account.settings.return_path ?? account.settings.email,
    smtpUtf8: needsSmtpUtf8(request),
    eightBit: request.mail.kind === "raw" && request.mail.eightBit,
    atMostOnce: input.delivery === "at_most_once",
    route: input.route,
    claim: null,
    due: message.status === "scheduled" ? Date.parse(message.scheduled_at ?? message.created_at) : null,
    unknown: [],
    unknownDue: null,
    restDue: null,
    date: null,
    wake: "tick",
    lifetimeStart: now,
    lifetimeEnd: Date.parse(message.expires_at),
    unknownResends: 0,
    acceptedStatus: message.status === "held" || message.status === "scheduled" ? message.status : "queued",
    announce: [],
  }
}

function newMessage(ports: Pick<Ports, "ids">, request: NewMessage, now: number): OutboundMessage {
  const { id, account, actor, input } = request
  const at = new Date(now).toISOString()
  const from = input.from ?? { name: account.settings.name, address: account.settings.email }
  const messageId = messageIdOf({ id, input, from })
  const later = input.scheduled_at !== null && Date.parse(input.scheduled_at) > now
  const held = input.hold || actor.settings.hold
  return {
    id,
    direction: "outbound",
    account: account.id,
    tenant: account.settings.tenant,
    test: request.test,
    status: held ? "held" : later ? "scheduled" : "queued",
    waiting_for: null,
    message_id: messageId,
    from,
    to: input.to,
    cc: input.cc,
    bcc: input.bcc,
    reply_to: input.reply_to,
    subject: input.subject,
    thread_id: ports.ids.derive("thr", account.id, messageId),
    recipients: request.recipients.map((address) => {
      return { address, status: "queued", category: null, code: null, enhanced_code: null, response: null, at }
    }),
    attachments: input.attachments.map((attachment, index) => ({
      index,
      filename: attachment.filename,
      content_type: attachment.content_type ?? "application/octet-stream",
      size: attachment.content.size,
      content_id: attachment.content_id,
      disposition: attachment.disposition ?? (attachment.content_id === null ? "attachment" : "inline"),
    })),
    tags: input.tags,
    metadata: input.metadata,
    size: request.mail.kind === "raw" ? request.mail.size : null,
    attempts: 0,
    next_attempt_at: held ? null : later ? input.scheduled_at : at,
    scheduled_at: input.scheduled_at,
    expires_at:
      input.expires_at ?? new Date((later ? Date.parse(input.scheduled_at ?? at) : now) + lifetimeMs).toISOString(),
    created_at: at,
    updated_at: at,
    settled_at: null,
    pending_action: null,
    possible_duplicate: false,
    server_message_id: null,
    ...(request.mail.kind === "raw" ? { added_headers: request.mail.addedHeaders } : {}),
  }
}

/** RFC 6531: only a non-ASCII local part needs it; domains are A-labels by now (mail-rules H2). */
function needsSmtpUtf8({ input, recipients }: NewMessage): boolean {
  const shown = [input.from, ...input.to, ...input.cc, ...input.reply_to].flatMap((a) =>
    a === null ? [] : [a.address],
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
  return [...shown, ...recipients].some((address) => !/^[\x00-\x7f]*$/.test(address))
}

import type { ComposedAttachment } from "../ports/mime.ts"
import { buildRaw } from "./build-raw.ts"
import { domainOf } from "./check-sender.ts"
import type { Address } from "./message.ts"
import type { RawMail } from "./read-raw-mail.ts"
import type { SendAttachment, SendMessageInput } from "./send-input.ts"
import type { AcceptedContent } from "./stored-content.ts"

/**
 * The mail of a request, with everything that could vary fixed: Message-ID from the id (mail-rules G6), Date, boundaries. So every
 * attempt, by whatever worker, sends the same bytes.
 */
export function buildMail(request: {
  id: string
  input: SendMessageInput
  from: Address
  now: number
  /** Goes in place of the content fields. */
  raw: RawMail | null
}): AcceptedContent {
  const { id, input, from, raw } = request
  if (raw !== null) return buildRaw(raw, { messageId: messageIdOf(request), now: request.now })
  return {
    kind: "mail",
    mail: {
      messageId: messageIdOf(request),
      date: request.now,
      boundarySeed: id,
      from,
      to: input.to,
      cc: input.cc,
      replyTo: input.reply_to,
      subject: input.subject,
      text: input.text,
      html: input.html,
      headers: [...input.headers, ...ownHeaders(id, input)],
      inReplyTo: null,
      references: [],
      attachments: input.attachments.map(attachmentOf),
    },
  }
}

export function messageIdOf(request: { id: string; input: SendMessageInput; from: Address }): string {
  return request.input.message_id ?? `<${request.id}@${domainOf(request.from.address)}>`
}

function ownHeaders(id: string, input: SendMessageInput): [string, string][] {
  const headers: [string, string][] = [["X-Postrider-Id", id]]
  if (input.automatic !== null) {
    headers.push(["Auto-Submitted", `auto-${input.automatic}`], ["X-Auto-Response-Suppress", "All"])
  }
  if (input.priority === "high") headers.push(["X-Priority", "1 (Highest)"], ["Importance", "high"])
  if (input.priority === "low") headers.push(["X-Priority", "5 (Lowest)"], ["Importance", "low"])
  return headers
}

function attachmentOf(attachment: SendAttachment): ComposedAttachment {
  return {
    filename: attachment.filename,
    contentType: attachment.content_type ?? "application/octet-stream",
    disposition: attachment.disposition ?? (attachment.content_id === null ? "attachment" : "inline"),
    contentId: attachment.content_id,
    size: attachment.content.size,
    body: attachment.content.body,
  }
}

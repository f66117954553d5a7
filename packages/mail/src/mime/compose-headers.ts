import type { MailToCompose } from "@postrider/core/ports/mime"
import { addressField, headerField, refused, textField } from "./compose-fields.ts"

/** Written from fields of their own, or never (Bcc). */
const written = /^(?:from|to|cc|bcc|reply-to|sender|subject|date|message-id|mime-version|content-.*)$/i

/** The header fields of a mail but those of its first part, folded, in the order they go out. */
export function mailHeaders(mail: MailToCompose): string[] {
  const fields = [addressField("From", [mail.from], "/from"), ...recipients(mail)]
  if (mail.replyTo.length > 0) fields.push(addressField("Reply-To", mail.replyTo, "/reply_to"))
  fields.push(
    textField({ name: "Subject", value: mail.subject, pointer: "/subject" }),
    `Date: ${new Date(mail.date).toUTCString().replace("GMT", "+0000")}`,
    headerField({ name: "Message-ID", value: bracketed(mail.messageId), pointer: "/message_id" }),
    ...thread(mail),
    ...mail.headers.map((header) => custom(header, mail)),
    "MIME-Version: 1.0",
  )
  return fields
}

/** Bcc never shows; a mail with no visible recipient says so (mail-rules G3). */
function recipients({ to, cc }: MailToCompose): string[] {
  if (to.length === 0 && cc.length === 0) return ["To: undisclosed-recipients:;"]
  return [
    ...(to.length === 0 ? [] : [addressField("To", to, "/to")]),
    ...(cc.length === 0 ? [] : [addressField("Cc", cc, "/cc")]),
  ]
}

function thread({ inReplyTo, references }: MailToCompose): string[] {
  const pointer = "/reference"
  return [
    ...(inReplyTo === null ? [] : [headerField({ name: "In-Reply-To", value: bracketed(inReplyTo), pointer })]),
    ...(references.length === 0
      ? []
      : [headerField({ name: "References", value: references.map(bracketed).join(" "), pointer })]),
  ]
}

function custom([name, value]: [string, string], mail: MailToCompose): string {
  const pointer = `/headers/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`
  if (!/^[!-9;-~]+$/.test(name)) throw refused(pointer, "invalid_format", "a header name is not valid")
  const lower = name.toLowerCase()
  const doubled =
    (lower === "in-reply-to" && mail.inReplyTo !== null) || (lower === "references" && mail.references.length > 0)
  if (written.test(name) || doubled) throw refused(pointer, "reserved_header", `${name} is written from other fields`)
  return textField({ name, value, pointer })
}

const bracketed = (id: string): string => (id.startsWith("<") ? id : `<${id}>`)

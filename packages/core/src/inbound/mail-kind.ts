import { RelayError } from "../error/relay-error.ts"
import type { ByteStream } from "../ports/content-store.ts"
import type { AttachmentContent, MimeParser, ParsedMail } from "../ports/mime.ts"
import type { InboundKind } from "./message.ts"

const maxReportBytes = 64 * 1024

/**
 * Kind of a mail by its parts and headers. A delivery-status part makes a report wherever it stands; only `Action: failed` in it
 * makes a bounce (mail-rules K1). `raw` is read only for such mail.
 */
export async function mailKind(
  parser: Pick<MimeParser, "attachment">,
  mail: ParsedMail,
  raw: () => Promise<ByteStream>,
): Promise<InboundKind> {
  const part = (type: RegExp) => mail.attachments.find((one) => type.test(one.content_type))
  const status = part(/^message\/(global-)?delivery-status$/)
  if (status !== undefined) {
    const actions = actionsOf(await readReport(parser, raw, status.index))
    return actions.includes("failed") ? "bounce" : "report"
  }
  if (part(/^message\/feedback-report$/) !== undefined) return "complaint"
  if (part(/^message\/(global-)?disposition-notification$/) !== undefined) return "report"
  return isAutoReply(mail) ? "auto_reply" : "mail"
}

/** A part that cannot be read a second time must not stop the mail: it is a report without actions then. */
async function readReport(
  parser: Pick<MimeParser, "attachment">,
  raw: () => Promise<ByteStream>,
  index: number,
): Promise<string> {
  const octets = await raw()
  try {
    return await readText(await parser.attachment(octets, index))
  } catch (error) {
    if (error instanceof RelayError && error.code === "internal") return ""
    throw error
  }
}

function actionsOf(text: string): string[] {
  return [...text.matchAll(/^action\s*:\s*([a-z]+)/gim)].map((match) => match[1]?.toLowerCase() ?? "")
}

function isAutoReply(mail: ParsedMail): boolean {
  const value = (name: string) => mail.headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? null
  if (/^\s*auto-replied\b/i.test(value("auto-submitted") ?? "")) return true
  if (/^\s*auto_reply\b/i.test(value("precedence") ?? "")) return true
  return ["x-autoreply", "x-autorespond"].some((name) => value(name) !== null)
}

async function readText(content: AttachmentContent | undefined): Promise<string> {
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  for await (const chunk of content?.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    size += chunk.length
    if (size > maxReportBytes) break
  }
  return text
}

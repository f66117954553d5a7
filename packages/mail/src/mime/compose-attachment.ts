import type { ComposedAttachment } from "@postrider/core/ports/mime"
import { buildHeaderValue, parseHeaderValue } from "nodemailer/lib/mime-funcs"
import { checkText, headerField, refused } from "./compose-fields.ts"
import { safeFilename } from "./safe-filename.ts"

const mimeType = /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}$/

/** Header fields of an attachment's part, names by RFC 2231. @throws RelayError `invalid_request` */
export function attachmentHeaders(attachment: ComposedAttachment, index: number): string[] {
  const pointer = `/attachments/${index}`
  const { disposition } = attachment
  const { type, parameters, fallbackName } = typeOf(attachment.contentType, pointer)
  const filename = nameOf(attachment.filename, pointer) ?? fallbackName
  const named = filename === null ? {} : { filename }
  const contentType = buildHeaderValue({
    value: type,
    params: { ...parameters, ...(filename === null ? {} : { name: filename }) },
  })
  return [
    headerField({ name: "Content-Type", value: contentType, pointer: `${pointer}/content_type` }),
    "Content-Transfer-Encoding: base64",
    headerField({
      name: "Content-Disposition",
      value: buildHeaderValue({ value: disposition, params: named }),
      pointer: `${pointer}/filename`,
    }),
    ...contentId(attachment.contentId, pointer),
  ]
}

function typeOf(
  text: string,
  pointer: string,
): { type: string; parameters: Record<string, string>; fallbackName: string | null } {
  checkText(text, `${pointer}/content_type`)
  const { value, params } = parseHeaderValue(text, { stripComments: true })
  if (!mimeType.test(value)) throw refused(`${pointer}/content_type`, "invalid_format", "a content type is not valid")
  const parameters = Object.fromEntries(
    Object.entries(params).filter(([key]) => !/^(?:name|boundary)(?:\*|$)/i.test(key)),
  )
  // Base64 is not allowed on these (RFC 2046 sections 5.1 and 5.2.1), and their own bytes may not fit 7 bits and short lines.
  if (!/^(?:message|multipart)\//i.test(value)) return { type: value, parameters, fallbackName: null }
  const fallbackName = /^message\/(?:rfc822|global)$/i.test(value) ? "message.eml" : null
  return { type: "application/octet-stream", parameters: {}, fallbackName }
}

function nameOf(filename: string | null, pointer: string): string | null {
  if (filename === null) return null
  checkText(filename, `${pointer}/filename`)
  return safeFilename(filename)
}

function contentId(id: string | null, pointer: string): string[] {
  if (id === null) return []
  const bare = id.replace(/^<|>$/g, "")
  if (!/^[!-;=?-~]{1,250}$/.test(bare))
    throw refused(`${pointer}/content_id`, "invalid_format", "a content id is not valid")
  return [headerField({ name: "Content-ID", value: `<${bare}>`, pointer: `${pointer}/content_id` })]
}

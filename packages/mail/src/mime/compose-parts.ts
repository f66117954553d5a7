import { createHash } from "node:crypto"
import type { ComposedAttachment, MailToCompose } from "@postrider/core/ports/mime"
import { attachmentHeaders } from "./compose-attachment.ts"
import { headerField } from "./compose-fields.ts"
import { encodeText } from "./compose-text.ts"

/** Bytes as they go out, or an attachment whose base64 is made when it is sent. */
export type Piece = Uint8Array | ComposedAttachment

interface Leaf {
  headers: string[]
  content: Piece
}

interface Multipart {
  subtype: "mixed" | "alternative" | "related"
  parameters: string
  boundary: string
  parts: Part[]
}

type Part = Leaf | Multipart

/** mixed(alternative(text, related(html, inline images)), attachments), with the levels that are needed (RFC 2046 section 5.1, RFC 2387). */
export function partOf(mail: MailToCompose): Part {
  const seed = createHash("sha256").update(mail.boundarySeed).digest("hex").slice(0, 24)
  const indexed = mail.attachments.map((attachment, index) => ({ attachment, index }))
  const isInline = ({ attachment }: { attachment: ComposedAttachment }): boolean =>
    mail.html !== null && attachment.disposition === "inline" && attachment.contentId !== null
  const leaf = ({ attachment, index }: (typeof indexed)[number]): Leaf => ({
    headers: attachmentHeaders(attachment, index),
    content: attachment,
  })
  const group = (subtype: Multipart["subtype"], parts: Part[], parameters = ""): Part =>
    // `=_` stands in no base64 and no quoted-printable.
    parts.length === 1 && parts[0] !== undefined
      ? parts[0]
      : { subtype, parameters, boundary: `=_${seed}_${subtype}`, parts }

  const bodies: Part[] = []
  if (mail.text !== null || mail.html === null) bodies.push(textLeaf("plain", mail.text ?? ""))
  if (mail.html !== null) {
    bodies.push(
      group("related", [textLeaf("html", mail.html), ...indexed.filter(isInline).map(leaf)], '; type="text/html"'),
    )
  }
  const rest = indexed.filter((each) => !isInline(each)).map(leaf)
  return group("mixed", [group("alternative", bodies), ...rest])
}

function textLeaf(subtype: "plain" | "html", text: string): Leaf {
  const { encoding, bytes } = encodeText(text)
  return {
    headers: [`Content-Type: text/${subtype}; charset=utf-8`, `Content-Transfer-Encoding: ${encoding}`],
    content: bytes,
  }
}

/** The part with its own headers and the empty line behind them; ends with CRLF. */
export function piecesOf(part: Part): Piece[] {
  if ("content" in part) {
    const pieces: Piece[] = [ascii(`${part.headers.join("\r\n")}\r\n\r\n`), part.content]
    // The line end before a boundary belongs to the boundary; base64 lines bring their own.
    return part.content instanceof Uint8Array ? [...pieces, ascii("\r\n")] : pieces
  }
  const { subtype, parameters, boundary, parts } = part
  const type = headerField({
    name: "Content-Type",
    value: `multipart/${subtype}${parameters}; boundary="${boundary}"`,
    pointer: "",
  })
  return [
    ascii(`${type}\r\n\r\n`),
    ...parts.flatMap((each) => [ascii(`--${boundary}\r\n`), ...piecesOf(each)]),
    ascii(`--${boundary}--\r\n`),
  ]
}

const ascii = (text: string): Uint8Array => Buffer.from(text, "latin1")

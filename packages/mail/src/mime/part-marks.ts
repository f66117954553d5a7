import type { ParsedMail } from "@postrider/core/ports/mime"
import type { MimePart } from "./mail-parser-parts.ts"

type Mark = ParsedMail["marks"][number]

/** What the parts say about the mail as a whole; nothing is verified, decrypted or unpacked. */
export function marksOf(parts: readonly MimePart[]): ParsedMail["marks"] {
  const marks = new Set<Mark>()
  for (const part of parts) {
    const mark = markOf(part)
    if (mark !== undefined) marks.add(mark)
  }
  return [...marks]
}

function markOf({ contentType, params, filename }: MimePart): Mark | undefined {
  switch (contentType.toLowerCase()) {
    case "multipart/signed":
    case "application/pgp-signature":
    case "application/pkcs7-signature":
    case "application/x-pkcs7-signature":
      return "signed"
    case "multipart/encrypted":
    case "application/pgp-encrypted":
      return "encrypted"
    case "application/pkcs7-mime":
    case "application/x-pkcs7-mime":
      return params["smime-type"]?.toLowerCase() === "signed-data" ? "signed" : "encrypted"
    case "application/ms-tnef":
    case "application/vnd.ms-tnef":
      return "tnef"
    default:
      return filename?.toLowerCase() === "winmail.dat" ? "tnef" : undefined
  }
}

import type { ComposedMail, MailToCompose, MimeComposer } from "@postrider/core/ports/mime"
import { base64Size, toBase64 } from "./compose-base64.ts"
import { mailHeaders } from "./compose-headers.ts"
import { type Piece, partOf, piecesOf } from "./compose-parts.ts"

/**
 * MimeComposer over nodemailer's encoders. A pure function of the mail: equal input gives equal bytes in every process, which is what lets a mail be
 * composed anew for each attempt. 7-bit, CRLF, no line over 998 octets (mail-rules G7; only an address with a non-ASCII local part, which needs
 * SMTPUTF8, puts UTF-8 into a header). Attachments are read as they are sent, never held.
 *
 * `compose` throws RelayError `invalid_request` with a pointer where a field cannot be said in a header; the body throws `internal` when an attachment
 * turns out to have another size than it said.
 */
export function createMimeComposer(): MimeComposer {
  return {
    compose: async (mail) => composed(mail),
  }
}

function composed(mail: MailToCompose): ComposedMail {
  const root = partOf(mail)
  const head = Buffer.from(`${mailHeaders(mail).join("\r\n")}\r\n`)
  const pieces: Piece[] = [head, ...piecesOf(root)]
  const size = pieces.reduce((sum, piece) => sum + sizeOf(piece), 0)
  return { size, body: () => bytesOf(pieces) }
}

const sizeOf = (piece: Piece): number => (piece instanceof Uint8Array ? piece.length : base64Size(piece.size))

async function* bytesOf(pieces: Piece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece
    else yield* toBase64(piece)
  }
}

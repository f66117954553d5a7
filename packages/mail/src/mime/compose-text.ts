import { encode as encodeBase64, wrap as wrapBase64 } from "nodemailer/lib/base64"
import { encode as encodeQp, wrap as wrapQp } from "nodemailer/lib/qp"

export interface EncodedText {
  encoding: "quoted-printable" | "base64"
  bytes: Uint8Array
}

/** Text as UTF-8 on 7 bits with CRLF line ends: quoted-printable, or base64 where that is shorter (RFC 2045 section 6). */
export function encodeText(text: string): EncodedText {
  const octets = Buffer.from(text.replace(/\r\n|\r|\n/g, "\r\n"), "utf8")
  const quoted = encodeQp(octets)
  if (quoted.length <= Math.ceil(octets.length / 3) * 4)
    return { encoding: "quoted-printable", bytes: Buffer.from(careful(wrapQp(quoted))) }
  return { encoding: "base64", bytes: Buffer.from(wrapBase64(encodeBase64(octets))) }
}

/** Lines that mail stores and old servers are known to change: `From ` of mbox, and the lone dot. */
const careful = (lines: string): string => lines.replace(/^From /gm, "=46rom ").replace(/^\.(?=\r?$)/gm, "=2E")

import type { ByteStream } from "../ports/content-store.ts"
import type { RawMail } from "./read-raw-mail.ts"
import type { AcceptedContent } from "./stored-content.ts"

const cr = 0x0d
const lf = 0x0a
const crlf = new Uint8Array([cr, lf])

/** A raw mail as it will go: CRLF line ends, missing headers on top, nothing else changed (mail-rules G8). */
export function buildRaw(mail: RawMail, added: { messageId: string; now: number }): AcceptedContent {
  const { scan, content } = mail
  const headers: [name: string, value: string][] = []
  if (mail.messageId === null) headers.push(["Message-ID", added.messageId])
  if (!mail.hasDate) headers.push(["Date", mailDate(added.now)])
  const top = new TextEncoder().encode(headers.map(([name, value]) => `${name}: ${value}\r\n`).join(""))
  const bottom = scan.endsWithLine ? new Uint8Array() : crlf
  const converted = scan.lineEnds === "lf" ? scan.lines : 0
  return {
    kind: "raw",
    size: top.length + scan.size + converted + bottom.length,
    eightBit: scan.eightBit,
    addedHeaders: headers.map(([name]) => name),
    body: async function* () {
      if (top.length > 0) yield top
      yield* converted > 0 ? withCrlf(content.body()) : content.body()
      if (bottom.length > 0) yield bottom
    },
  }
}

/** RFC 5322 section 3.3, in UTC. */
const mailDate = (now: number): string => new Date(now).toUTCString().replace("GMT", "+0000")

async function* withCrlf(body: ByteStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    const longer = new Uint8Array(chunk.length + chunk.reduce((sum, octet) => sum + (octet === lf ? 1 : 0), 0))
    let to = 0
    for (const octet of chunk) {
      if (octet === lf) longer[to++] = cr
      longer[to++] = octet
    }
    yield longer
  }
}

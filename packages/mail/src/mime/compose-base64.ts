import { RelayError } from "@postrider/core/error/relay-error"
import type { ByteStream } from "@postrider/core/ports/content-store"

/** Octets that make one line of 76 characters (RFC 2045 section 6.8). */
const lineOctets = 57
const lineLength = 76 + 2

/** Octets of `size` octets in base64, every line ended by CRLF. */
export function base64Size(size: number): number {
  const rest = size % lineOctets
  return ((size - rest) / lineOctets) * lineLength + (rest === 0 ? 0 : Math.ceil(rest / 3) * 4 + 2)
}

/** Lines of base64, made as the content is read. @throws RelayError `internal` when there is more or less of it than `size`: SIZE was said already. */
export async function* toBase64(content: { size: number; body(): ByteStream }): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0)
  let read = 0
  for await (const chunk of content.body()) {
    read += chunk.length
    if (read > content.size) throw differs(content.size, read)
    const octets = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk])
    const whole = octets.length - (octets.length % lineOctets)
    if (whole > 0) yield lines(octets.subarray(0, whole))
    // A copy: the producer may use its chunk again.
    rest = Buffer.from(octets.subarray(whole))
  }
  if (read !== content.size) throw differs(content.size, read)
  if (rest.length > 0) yield Buffer.from(`${rest.toString("base64")}\r\n`, "latin1")
}

const asBuffer = (chunk: Uint8Array): Buffer => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)

const lines = (octets: Buffer): Buffer => Buffer.from(octets.toString("base64").replace(/.{76}/g, "$&\r\n"), "latin1")

const differs = (said: number, read: number): RelayError =>
  new RelayError("internal", "An attachment has another size than it was stored with.", {
    internal: `attachment of ${said} octets gave ${read}`,
  })

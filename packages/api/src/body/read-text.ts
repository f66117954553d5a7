import type { ByteStream } from "@postrider/core/ports/content-store"
import { invalidJson } from "../parse-json.ts"

const backslash = 0x5c
const space = 0x20

/**
 * What stands between the quotes of a JSON text (RFC 8259 section 7), piece by piece, escapes resolved: PHP writes every slash of base64 as
 * `\/`, .NET every plus as `\u002B`. One character of the answer for one octet beyond ASCII: for texts that have none.
 * @throws RelayError `invalid_json`.
 */
export async function* readText(octets: ByteStream): AsyncGenerator<string> {
  let rest = Buffer.alloc(0)
  for await (const chunk of octets) {
    const piece =
      rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk])
    const whole = wholeEscapes(piece)
    if (whole > 0) yield resolved(piece.subarray(0, whole))
    rest = Buffer.from(piece.subarray(whole))
  }
  if (rest.length > 0) yield resolved(rest)
}

function resolved(piece: Buffer): string {
  const text = piece.toString("latin1")
  if (!piece.includes(backslash)) {
    if (piece.some((octet) => octet < space)) throw invalidJson("A text holds a control character.")
    return text
  }
  try {
    return JSON.parse(`"${text}"`)
  } catch (cause) {
    throw invalidJson("A text is not valid JSON.", cause)
  }
}

/** Length of the beginning of `piece` that cuts no escape in two. */
function wholeEscapes(piece: Buffer): number {
  const last = piece.lastIndexOf(backslash)
  if (last < piece.length - 6 || last < 0) return piece.length
  // Only the last run of backslashes can be cut, but `\u` may be followed by up to four more octets.
  let run = last
  while (run > 0 && piece[run - 1] === backslash) run--
  const opens = (last - run) % 2 === 0
  if (!opens) return piece.length
  const length = piece[last + 1] === 0x75 ? 6 : 2
  return last + length > piece.length ? last : piece.length
}

import { guessText } from "./decode-text.ts"

export interface HeaderFields {
  /** In the order of the mail, unfolded (RFC 5322 section 2.2.3), names as written. */
  headers: [name: string, value: string][]
  defects: string[]
}

/**
 * Reads a header block as octets, strictly in order. 8-bit octets are UTF-8 or else windows-1252 (RFC 6532 allows the first,
 * old software sends the second). Lines that are no field are left out with the defect `malformed_header`.
 */
export function readHeaderFields(block: Uint8Array): HeaderFields {
  const headers: [string, string][] = []
  const defects = new Set<string>()
  for (const line of unfoldedLines(block)) {
    const { text, guessed } = guessText(line)
    // mbox separators, which some servers leave in.
    if (headers.length === 0 && /^>?From /.test(text)) continue
    const colon = text.indexOf(":")
    const name = text.slice(0, colon).trimEnd()
    if (colon < 1 || !/^[!-9;-~]+$/.test(name)) {
      defects.add("malformed_header")
      continue
    }
    if (guessed) defects.add("charset_guessed")
    headers.push([name, text.slice(colon + 1).trim()])
  }
  return { headers, defects: [...defects] }
}

/** Lines with their continuations joined, without line ends; empty ones left out. */
function* unfoldedLines(block: Uint8Array): Generator<Uint8Array> {
  let parts: Uint8Array[] = []
  for (const line of lines(block)) {
    if (line.length === 0) continue
    const folded = line[0] === 0x20 || line[0] === 0x09
    if (!folded && parts.length > 0) {
      yield Buffer.concat(parts)
      parts = []
    }
    parts.push(line)
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}

function* lines(block: Uint8Array): Generator<Uint8Array> {
  let start = 0
  while (start < block.length) {
    const found = block.indexOf(0x0a, start)
    const end = found < 0 ? block.length : found
    let last = end
    while (last > start && block[last - 1] === 0x0d) last--
    yield block.subarray(start, last)
    start = end + 1
  }
}

const maxOctets = 512

/**
 * A server's words as they may be shown and stored: at most 512 octets of UTF-8, line breaks and tabs as one space, no other control,
 * no bidirectional override, no half characters; null when nothing is left (mail-rules N3).
 */
export function cleanResponse(text: string | Uint8Array | null | undefined): string | null {
  if (text === null || text === undefined) return null
  const decoded = typeof text === "string" ? text.slice(0, maxOctets * 4) : decode(text.subarray(0, maxOctets * 4))
  const clean = decoded
    .toWellFormed()
    .replace(/[\t\r\n\u0085\u2028\u2029]+/gu, " ")
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "")
    .trim()
  return clean === "" ? null : cut(clean)
}

const decode = (octets: Uint8Array): string => new TextDecoder("utf-8").decode(octets)

function cut(text: string): string {
  const octets = new TextEncoder().encode(text)
  if (octets.length <= maxOctets) return text
  let end = maxOctets
  // An octet 10xxxxxx continues a character: step back to where that one starts.
  while (end > 0 && ((octets[end] ?? 0) & 0xc0) === 0x80) end--
  return decode(octets.subarray(0, end)).trimEnd()
}

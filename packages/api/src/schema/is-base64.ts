/** Base64 (RFC 4648 section 4): with padding, without line breaks, canonical. */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return false
  // Bits that no octet uses must be zero, else two texts would stand for the same bytes.
  const last = text.slice(-4)
  return Buffer.from(last, "base64").toString("base64") === last
}

/** RFC 5322 section 2.1.1, without CRLF. */
const maxLineOctets = 998
/** Folded lines are filled up to this. */
const lineOctets = 76

/**
 * Whether a header can be folded to lines of at most 998 octets (mail-rules G7). Folding breaks before white space only; text beyond printable
 * ASCII goes out in encoded words, which break anywhere. Pure.
 */
export function isFoldable(name: string, value: string): boolean {
  if (!/^[\t\x20-\x7e]*$/.test(value)) return true
  let space = 0
  for (const part of `${name}: ${value}`.split(/([\t ]+)/)) {
    const isSpace = part.startsWith(" ") || part.startsWith("\t")
    if (!isSpace && space + part.length > maxLineOctets) return false
    space = isSpace ? Math.min(part.length, lineOctets) : 0
  }
  return true
}

/** The same for the name before an address. */
export function isFoldableName(header: string, name: string): boolean {
  if (name.includes("=?")) return true
  return isFoldable(header, `"${name.trim().replace(/["\\]/g, "\\$&")}"`)
}

const maxOctets = 200

/** A file name that is only a name: last path segment, no controls or bidirectional overrides, at most 200 octets, never empty (mail-rules O2). */
export function safeFilename(name: string): string {
  const segment = name.toWellFormed().split(/[/\\]/).at(-1) ?? ""
  const clean = segment.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu, "").trim()
  if (clean === "" || /^\.+$/.test(clean)) return "attachment"
  return shortened(clean)
}

/** Keeps a short extension, because programs go by it. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= maxOctets) return name
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ""
  let stem = ""
  for (const character of name.slice(0, name.length - extension.length)) {
    if (Buffer.byteLength(stem + character + extension) > maxOctets) break
    stem += character
  }
  return stem + extension
}

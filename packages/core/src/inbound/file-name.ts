const maxOctets = 200
/** Controls, and characters that turn the direction of text so that `exe.pdf` reads as another name. */
const unwanted = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A file name that is safe to save under (mail-rules O2): last path segment, no controls, at most 200 octets, never empty. */
export function safeFileName(name: string | null): string {
  const bare = (name ?? "").replace(unwanted, "")
  const last = bare.split(/[/\\]/).at(-1)?.trim() ?? ""
  const short = shorten(last)
  return short === "" || /^\.+$/.test(short) ? "attachment" : short
}

/** Cuts before the ending, so that a long name keeps its type. */
function shorten(name: string): string {
  const size = (text: string) => new TextEncoder().encode(text).length
  if (size(name) <= maxOctets) return name
  const dot = name.lastIndexOf(".")
  const ending = dot > 0 && size(name.slice(dot)) <= 20 ? name.slice(dot) : ""
  const letters = [...name.slice(0, ending === "" ? undefined : dot)]
  while (letters.length > 0 && size(letters.join("")) + size(ending) > maxOctets) {
    letters.length -= Math.max(1, Math.floor((size(letters.join("")) + size(ending) - maxOctets) / 4))
  }
  return letters.join("") + ending
}

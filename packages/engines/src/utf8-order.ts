/** Orders texts as their UTF-8 octets do. UTF-16 differs where a surrogate meets a unit from U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return ranked(left) - ranked(right)
  }
  return a.length - b.length
}

/** Moves surrogates, which stand for code points from U+10000, above all other units. */
function ranked(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

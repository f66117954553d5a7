/** UIDs as a sequence set (RFC 9051 section 9), runs folded, in ascending order. Only UIDs that were asked for are in it. */
export function uidSet(uids: readonly number[]): string {
  const sorted = [...new Set(uids)].sort((a, b) => a - b)
  const parts: string[] = []
  for (let first = 0; first < sorted.length; ) {
    let last = first
    while (sorted[last + 1] === (sorted[last] ?? 0) + 1) last++
    parts.push(first === last ? `${sorted[first]}` : `${sorted[first]}:${sorted[last]}`)
    first = last + 1
  }
  return parts.join(",")
}

/** `items` in pieces of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const pieces: T[][] = []
  for (let at = 0; at < items.length; at += size) pieces.push(items.slice(at, at + size))
  return pieces
}

/** UIDs as disjoint ranges, ascending, both ends inside. Never changed in place. */
export type UidSet = readonly (readonly [from: number, to: number])[]

/** Reads `1:4,7` (an IMAP sequence-set, RFC 9051 section 9, without `*`). */
export function parseUidSet(text: string): UidSet {
  if (text === "") return []
  return normalise(
    text.split(",").map((range) => {
      const [from = "", to = from] = range.split(":")
      return [Number(from), Number(to)] as const
    }),
  )
}

export function formatUidSet(set: UidSet): string {
  return set.map(([from, to]) => (from === to ? `${from}` : `${from}:${to}`)).join(",")
}

export function uidSetOf(uids: Iterable<number>): UidSet {
  return normalise([...uids].map((uid) => [uid, uid] as const))
}

export function unite(a: UidSet, b: UidSet): UidSet {
  return normalise([...a, ...b])
}

export function hasUid(set: UidSet, uid: number): boolean {
  let low = 0
  let high = set.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const range = set[middle]
    if (range === undefined) return false
    if (uid < range[0]) high = middle - 1
    else if (uid > range[1]) low = middle + 1
    else return true
  }
  return false
}

/** The highest UID; 0 when empty. */
export function lastUid(set: UidSet): number {
  return set.at(-1)?.[1] ?? 0
}

/** What of `from`..`to` is not in the set. */
export function gapsOf(set: UidSet, from: number, to: number): UidSet {
  const gaps: [number, number][] = []
  let next = from
  for (const [start, end] of set) {
    if (end < next) continue
    if (start > to) break
    if (start > next) gaps.push([next, Math.min(start - 1, to)])
    next = end + 1
  }
  if (next <= to) gaps.push([next, to])
  return gaps
}

export function subtract(a: UidSet, b: UidSet): UidSet {
  return a.flatMap(([from, to]) => gapsOf(b, from, to))
}

export function intersect(a: UidSet, b: UidSet): UidSet {
  return subtract(a, subtract(a, b))
}

/** What lies above `floor`. */
export function above(set: UidSet, floor: number): UidSet {
  return set.filter(([, to]) => to > floor).map(([from, to]) => [Math.max(from, floor + 1), to] as const)
}

/** At most `most` ranges that cover the set: the smallest gaps are closed. */
export function coarsen(set: UidSet, most: number): UidSet {
  if (set.length <= most) return set
  const gaps = set.slice(1).map(([from], index) => from - (set[index]?.[1] ?? 0))
  const closed = new Set(
    gaps
      .map((width, index) => ({ width, index }))
      .sort((a, b) => a.width - b.width)
      .slice(0, set.length - most)
      .map(({ index }) => index + 1),
  )
  const out: [number, number][] = []
  for (const [index, [from, to]] of set.entries()) {
    const last = out.at(-1)
    if (last !== undefined && closed.has(index)) last[1] = to
    else out.push([from, to])
  }
  return out
}

/** The text of a set that covers this one in at most so many octets: the smallest gaps are closed. */
export function coarsenTo(text: string, octets: number): string {
  let short = text
  for (let set = parseUidSet(text); short.length > octets && set.length > 1; ) {
    set = coarsen(set, Math.min(set.length - 1, Math.floor((set.length * octets) / short.length) || 1))
    short = formatUidSet(set)
  }
  return short
}

/** The highest ranges of a set, as many as fit in so many octets of its text. */
export function newestOf(text: string, octets: number): string {
  if (text.length <= octets) return text
  const cut = text.slice(-octets)
  return cut.slice(cut.indexOf(",") + 1)
}

/** The lowest ranges of a set, as many as fit in so many octets of its text. */
export function oldestOf(text: string, octets: number): string {
  return text.length <= octets ? text : text.slice(0, text.lastIndexOf(",", octets))
}

function normalise(ranges: (readonly [number, number])[]): UidSet {
  const out: [number, number][] = []
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else out.push([from, to])
  }
  return out
}

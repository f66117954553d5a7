import type { RecordStore, StoredRecord } from "../ports/record-store.ts"
import { BoxLost } from "./open-box.ts"
import { entryKey, type Pop3Disposition, type Pop3Entry } from "./pop3-state.ts"

/** Octets of one page; a record holds 100 KB. */
const maxPageOctets = 90_000

type Packed = [
  uidl: string,
  n: number,
  size: number,
  state: Pop3Disposition,
  at: number,
  goneAt: number | null,
  hash: string,
  key: string,
  date: number | null,
  id: string,
]

interface Page {
  incarnation: string
  entries: Packed[]
}

/** All that was seen in a maildrop, in memory for one poll. */
export interface Pop3Pages {
  all(): Pop3Entry[]
  set(entries: readonly Pop3Entry[]): void
  remove(entries: readonly Pop3Entry[]): void
  /** Writes the pages that changed, by version. @returns how many pages there are. @throws BoxLost when another poll wrote one. */
  flush(): Promise<number>
}

export async function openPop3Pages(
  records: Pick<RecordStore, "getMany" | "put">,
  { boxId, incarnation, pages }: { boxId: string; incarnation: string; pages: number },
): Promise<Pop3Pages> {
  const pageId = (page: number) => `${boxId}#${page}`
  const stored = await loadPages(records, { pageId, pages })
  const content = Array.from({ length: Math.max(1, stored.size) }, (_, page) => {
    const body = stored.get(pageId(page))?.body
    return new Map(
      (body?.incarnation === incarnation ? body.entries.map(unpack) : []).map((one) => [entryKey(one), one]),
    )
  })
  const octets = content.map((page) => [...page.values()].reduce((sum, one) => sum + octetsOf(one), 0))
  const dirty = new Set<number>()
  const placeOf = (entry: Pop3Entry) => content.findIndex((page) => page.has(entryKey(entry)))

  return {
    all: () => content.flatMap((page) => [...page.values()]),
    set(entries) {
      for (const entry of entries) {
        let place = placeOf(entry)
        const size = octetsOf(entry)
        if (place < 0) {
          place = octets.findIndex((used) => used + size <= maxPageOctets)
          if (place < 0) place = content.push(new Map()) - 1
          octets[place] = (octets[place] ?? 0) + size
        }
        content[place]?.set(entryKey(entry), entry)
        dirty.add(place)
      }
    },
    remove(entries) {
      for (const entry of entries) {
        const place = placeOf(entry)
        if (place < 0 || content[place]?.delete(entryKey(entry)) !== true) continue
        octets[place] = (octets[place] ?? 0) - octetsOf(entry)
        dirty.add(place)
      }
    },
    async flush() {
      for (const place of [...dirty].sort((a, b) => a - b)) {
        const id = pageId(place)
        const before = stored.get(id)
        const body = { incarnation, entries: [...(content[place]?.values() ?? [])].map(pack) }
        const put = await records.put<Page>(
          { id, body },
          before === undefined ? { absent: true } : { version: before.v },
        )
        if (!put.won) throw new BoxLost()
        stored.set(id, { id, body, v: put.v })
        dirty.delete(place)
      }
      return content.length
    },
  }
}

async function loadPages(
  records: Pick<RecordStore, "getMany">,
  { pageId, pages }: { pageId(page: number): string; pages: number },
): Promise<Map<string, StoredRecord<Page>>> {
  const stored = new Map<string, StoredRecord<Page>>()
  // Pages that the head does not know: a poll may have died between the pages and the head.
  for (let from = 0, to = pages + 1; ; [from, to] = [to, to + 1]) {
    const ids = Array.from({ length: to - from }, (_, page) => pageId(from + page))
    for (const record of await records.getMany<Page>(ids)) stored.set(record.id, record)
    if (!stored.has(pageId(to - 1))) break
  }
  return stored
}

/** Of an entry with all its fields at their longest: it may grow where it stands. It depends on the UIDL alone. */
const octetsOf = ({ uidl }: Pop3Entry): number => 190 + new TextEncoder().encode(JSON.stringify(uidl)).length

function pack(one: Pop3Entry): Packed {
  return [one.uidl, one.n, one.size, one.state, one.at, one.goneAt, one.hash, one.key, one.date, one.id]
}

function unpack([uidl, n, size, state, at, goneAt, hash, key, date, id]: Packed): Pop3Entry {
  return { uidl, n, size, state, at, goneAt, hash, key, date, id }
}

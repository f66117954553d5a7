import { RelayError } from "../error/relay-error.ts"
import type { Clock } from "../ports/clock.ts"
import type { RecordStore, StoredRecord } from "../ports/record-store.ts"
import { type LedgerEntry, type PackedEntries, packEntries, unpackEntries } from "./ledger-entry.ts"

/** Mails that the ledger remembers of an account, and entries of one page (mail-rules A5). */
export const maxLedgerEntries: number = 20_000
export const pageEntries: number = 1000
/** The head holds this many before they move to a page, so that a batch of mails rewrites a small record. */
const headEntries = 100
const maxPageBytes = 80_000
const maxTries = 8

interface LedgerHead extends PackedEntries {
  incarnation: string
  /** Pages that hold entries, oldest first. */
  pages: { n: number; count: number }[]
  writtenAt: number
}

interface LedgerPage extends PackedEntries {
  incarnation: string
}

export interface LedgerOwner {
  id: string
  incarnation: string
}

const pageId = (account: string, n: number): string => `led#${account}#${n}`
const headId = (account: string): string => `led#${account}#head`

export interface LedgerPorts {
  records: Records
  clock: Pick<Clock, "now">
}

type Records = Pick<RecordStore, "get" | "getMany" | "put" | "delete">

/**
 * Adds taken mails. A mail that is already there (same mailbox, UID and id) is not added again, so a repeated batch changes nothing.
 * Written before the cursor: a mail that the cursor calls taken is always found here.
 */
export async function appendToLedger(
  { records, clock }: LedgerPorts,
  owner: LedgerOwner,
  added: readonly LedgerEntry[],
): Promise<void> {
  if (added.length === 0) return
  for (let tries = 0; tries < maxTries; tries++) {
    const stored = await records.get<LedgerHead>(headId(owner.id))
    const head = stored?.body.incarnation === owner.incarnation ? stored.body : emptyHead(owner)
    const open = withoutDoubles([...unpackEntries(head), ...added])
    const next =
      open.length < headEntries ? { ...head, ...packEntries(open) } : await moveToPage(records, owner, { head, open })
    const body = { ...next, writtenAt: clock.now() }
    const when = stored === undefined ? { absent: true as const } : { version: stored.v }
    if ((await records.put<LedgerHead>({ id: headId(owner.id), body }, when)).won) return
  }
  throw new RelayError("overloaded", "The ledger changed too often to be written. Try again.", { retryAfterMs: 1000 })
}

/** All mails remembered, oldest first, and when the ledger was last written (0: never). */
export async function readLedger(
  records: Records,
  owner: LedgerOwner,
): Promise<{ entries: LedgerEntry[]; writtenAt: number; overflowed: boolean }> {
  const stored = await records.get<LedgerHead>(headId(owner.id))
  if (stored?.body.incarnation !== owner.incarnation) return { entries: [], writtenAt: 0, overflowed: false }
  const head = stored.body
  const pages = await records.getMany<LedgerPage>(head.pages.map(({ n }) => pageId(owner.id, n)))
  const byId = new Map(pages.map((page) => [page.id, page]))
  const paged = head.pages.flatMap(({ n }) => entriesOf(byId.get(pageId(owner.id, n)), owner))
  const overflowed = (head.pages[0]?.n ?? 0) > 0
  return { entries: withoutDoubles([...paged, ...unpackEntries(head)]), writtenAt: head.writtenAt, overflowed }
}

/** Page first, head second: in between the entries stand in both, which readers and the next try see through. */
async function moveToPage(
  records: Records,
  owner: LedgerOwner,
  { head, open }: { head: LedgerHead; open: readonly LedgerEntry[] },
): Promise<LedgerHead> {
  const last = head.pages.at(-1)
  const stored = last === undefined ? undefined : await records.get<LedgerPage>(pageId(owner.id, last.n))
  const before = entriesOf(stored, owner)
  const joined = withoutDoubles([...before, ...open])
  const fits = joined.length <= pageEntries && JSON.stringify(packEntries(joined)).length <= maxPageBytes
  const n = last === undefined ? 0 : fits ? last.n : last.n + 1
  const content = last === undefined || fits ? joined : withoutDoubles(open)
  await records.put<LedgerPage>({
    id: pageId(owner.id, n),
    body: { incarnation: owner.incarnation, ...packEntries(content) },
  })
  const pages = [...head.pages.filter((page) => page.n !== n), { n, count: content.length }]
  let total = pages.reduce((sum, page) => sum + page.count, 0)
  while (pages.length > 1 && total - (pages[0]?.count ?? 0) >= maxLedgerEntries) {
    const oldest = pages.shift()
    if (oldest === undefined) break
    total -= oldest.count
    await records.delete(pageId(owner.id, oldest.n))
  }
  return { ...head, ...packEntries([]), pages }
}

function emptyHead(owner: LedgerOwner): LedgerHead {
  return { incarnation: owner.incarnation, pages: [], writtenAt: 0, ...packEntries([]) }
}

function entriesOf(page: StoredRecord<LedgerPage> | undefined, owner: LedgerOwner): LedgerEntry[] {
  return page?.body.incarnation === owner.incarnation ? unpackEntries(page.body) : []
}

function withoutDoubles(entries: readonly LedgerEntry[]): LedgerEntry[] {
  return [...new Map(entries.map((one) => [`${one.mailbox}\u0000${one.uid}\u0000${one.id}`, one])).values()]
}

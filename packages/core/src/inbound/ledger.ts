import { RelayError } from "../error/relay-error.ts"
import type { Clock } from "../ports/clock.ts"
import type { RecordStore, StoredRecord } from "../ports/record-store.ts"
import { type LedgerEntry, type PackedEntries, packEntries, unpackEntries } from "./ledger-entry.ts"

/** Mails that the ledger remembers of an account, and entries of one page (mail-rules A5). */
export const maxLedgerEntries: number = 20_000
export const pageEntries: number = 1000
/** The head holds this many before they move to a page, so that a batch of mails rewrites a small record. */
const headEntries = 100
const maxHeadOctets = 40_000
const maxPageOctets = 80_000
/** Names of mailboxes that the head keeps, in octets. */
const maxNameOctets = 16_000
const maxTries = 8

interface LedgerHead extends PackedEntries {
  incarnation: string
  /** Pages that hold entries, oldest first. */
  pages: { n: number; count: number }[]
  /** Mailboxes of which it holds, or held, mails. */
  mailboxes: string[]
  /** The newest date among the mails that had to leave, by mailbox. */
  forgotten: Record<string, number>
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
    const before = stored?.body.incarnation === owner.incarnation ? stored.body : emptyHead(owner)
    const head = { ...before, mailboxes: namesWith(before.mailboxes, added) }
    const open = withoutDoubles([...unpackEntries(head), ...added])
    const moved = fitsHead(open)
      ? { head: { ...head, ...packEntries(open) }, left: [] }
      : await moveToPage(records, owner, { head, open })
    if (moved === null) continue
    const body = { ...moved.head, writtenAt: clock.now() }
    const when = stored === undefined ? { absent: true as const } : { version: stored.v }
    if (!(await records.put<LedgerHead>({ id: headId(owner.id), body }, when)).won) continue
    for (const n of moved.left) await records.delete(pageId(owner.id, n))
    return
  }
  throw new RelayError("overloaded", "The ledger changed too often to be written. Try again.", { retryAfterMs: 1000 })
}

export interface LedgerContent {
  entries: LedgerEntry[]
  writtenAt: number
  /** Mails had to leave it, or mailboxes. */
  overflowed: boolean
  forgotten: Record<string, number>
}

/** All mails remembered, oldest first, and when the ledger was last written (0: never). */
export async function readLedger(records: Records, owner: LedgerOwner): Promise<LedgerContent> {
  const stored = await records.get<LedgerHead>(headId(owner.id))
  if (stored?.body.incarnation !== owner.incarnation)
    return { entries: [], writtenAt: 0, overflowed: false, forgotten: {} }
  const head = stored.body
  const pages = await records.getMany<LedgerPage>(head.pages.map(({ n }) => pageId(owner.id, n)))
  const byId = new Map(pages.map((page) => [page.id, page]))
  const paged = head.pages.flatMap(({ n }) => entriesOf(byId.get(pageId(owner.id, n)), owner))
  const overflowed = (head.pages[0]?.n ?? 0) > 0
  return {
    entries: withoutDoubles([...paged, ...unpackEntries(head)]),
    writtenAt: head.writtenAt,
    overflowed,
    forgotten: head.forgotten,
  }
}

/** Mailboxes that the ledger has seen mails of; a single read. */
export async function ledgerMailboxes(records: Pick<Records, "get">, owner: LedgerOwner): Promise<string[]> {
  const stored = await records.get<LedgerHead>(headId(owner.id))
  return stored?.body.incarnation === owner.incarnation ? stored.body.mailboxes : []
}

/**
 * Page first, head second: in between the entries stand in both, which readers and the next try see through. Pages are written by
 * version, so that of two appends at once neither takes the other's mails away. Null: lost, to be begun again from the head.
 */
async function moveToPage(
  records: Records,
  owner: LedgerOwner,
  { head, open }: { head: LedgerHead; open: readonly LedgerEntry[] },
): Promise<{ head: LedgerHead; left: number[] } | null> {
  const last = head.pages.at(-1)?.n ?? 0
  const page = await joinedPage(records, owner, { n: last, open })
  const { stored, content } = fitsPage(page.content) ? page : await joinedPage(records, owner, { n: last + 1, open })
  const n = fitsPage(page.content) ? last : last + 1
  const put = await records.put<LedgerPage>(
    { id: pageId(owner.id, n), body: { incarnation: owner.incarnation, ...packEntries(content) } },
    stored === undefined ? { absent: true } : { version: stored.v },
  )
  if (!put.won) return null
  const pages = [...head.pages.filter((one) => one.n !== n), { n, count: content.length }]
  return forgetOldest(records, owner, { ...head, ...packEntries([]), pages })
}

async function joinedPage(
  records: Records,
  owner: LedgerOwner,
  { n, open }: { n: number; open: readonly LedgerEntry[] },
): Promise<{ stored: StoredRecord<LedgerPage> | undefined; content: LedgerEntry[] }> {
  const stored = await records.get<LedgerPage>(pageId(owner.id, n))
  return { stored, content: withoutDoubles([...entriesOf(stored, owner), ...open]) }
}

/** Pages beyond what is remembered leave the head, with the dates of what they held; they are deleted once it is written. */
async function forgetOldest(
  records: Records,
  owner: LedgerOwner,
  head: LedgerHead,
): Promise<{ head: LedgerHead; left: number[] }> {
  const pages = [...head.pages]
  const left: number[] = []
  let forgotten = head.forgotten
  let total = pages.reduce((sum, page) => sum + page.count, 0)
  for (let [oldest] = pages; oldest !== undefined && pages.length > 1; [oldest] = pages) {
    if (total - oldest.count < maxLedgerEntries) break
    pages.shift()
    total -= oldest.count
    left.push(oldest.n)
    const page = await records.get<LedgerPage>(pageId(owner.id, oldest.n))
    for (const { mailbox, date } of entriesOf(page, owner)) {
      if (date !== null && date > (forgotten[mailbox] ?? -1)) forgotten = { ...forgotten, [mailbox]: date }
    }
  }
  return { head: { ...head, pages, forgotten: withinNames(forgotten) }, left }
}

const octetsOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length

function fitsHead(open: readonly LedgerEntry[]): boolean {
  return open.length < headEntries && octetsOf(packEntries(open)) <= maxHeadOctets
}

function fitsPage(content: readonly LedgerEntry[]): boolean {
  return content.length <= pageEntries && octetsOf(packEntries(content)) <= maxPageOctets
}

function namesWith(names: string[], added: readonly LedgerEntry[]): string[] {
  const all = [...new Set([...names, ...added.map((one) => one.mailbox)])]
  if (all.length === names.length) return names
  while (octetsOf(all) > maxNameOctets && all.length > 1) all.shift()
  return all
}

function withinNames(forgotten: Record<string, number>): Record<string, number> {
  const kept = Object.entries(forgotten)
  while (octetsOf(kept) > maxNameOctets) kept.shift()
  return Object.fromEntries(kept)
}

function emptyHead(owner: LedgerOwner): LedgerHead {
  return { incarnation: owner.incarnation, pages: [], mailboxes: [], forgotten: {}, writtenAt: 0, ...packEntries([]) }
}

function entriesOf(page: StoredRecord<LedgerPage> | undefined, owner: LedgerOwner): LedgerEntry[] {
  return page?.body.incarnation === owner.incarnation ? unpackEntries(page.body) : []
}

function withoutDoubles(entries: readonly LedgerEntry[]): LedgerEntry[] {
  return [...new Map(entries.map((one) => [`${one.mailbox}\u0000${one.uid}\u0000${one.id}`, one])).values()]
}

import type { Lease } from "./lease.ts"
import { maxPending, notePending, type PendingMail } from "./pending.ts"
import {
  above,
  coarsenTo,
  formatUidSet,
  gapsOf,
  intersect,
  lastUid,
  newestOf,
  oldestOf,
  parseUidSet,
  subtract,
  type UidSet,
  uidSetOf,
  unite,
} from "./uid-set.ts"

/** Mails in flight before they were fetched, and in how many polls (mail-rules B5). */
export interface Inflight {
  key: string
  polls: number
}

/** What both protocols keep in `box#<account>#<mailbox>`. */
export interface BoxState {
  incarnation: string
  mailbox: string
  /** Generation of the mailbox as we count it, from 1 (mail-rules A3). */
  epoch: number
  /** `intakeGeneration` of the account when the epoch began. */
  generation: number
  /** Mail older than this was there before us (mail-rules C); 0 takes everything. Milliseconds. */
  baselineAt: number
  pending: PendingMail[]
  inflight: Inflight | null
  lease: Lease | null
  /** Set while the mails of a new epoch are matched against those taken before (mail-rules A4). */
  remap: Remap | null
  writtenAt: number
}

export interface Remap {
  cause: "uidvalidity_changed" | "uidnext_went_back" | "server_changed" | "uidls_changed"
  since: number
  matched: number
  fresh: number
  /** Left alone, since older than all we know. */
  skipped: number
  /** IMAP: all mails up to this UID are matched, in so many slices. */
  upTo: number
  slices: number
  /** IMAP: reading several headers at once broke the session, so they are asked for one by one. */
  oneByOne: boolean
  /** POP3: known mails that were gone when it began. */
  gone: number
}

export function newRemap(cause: Remap["cause"], since: number, gone = 0): Remap {
  return { cause, since, gone, matched: 0, fresh: 0, skipped: 0, upTo: 0, slices: 0, oneByOne: false }
}

/** Cursor of an IMAP mailbox (mail-rules B3). */
export interface ImapCursor extends BoxState {
  protocol: "imap"
  uidValidity: string
  /** MAILBOXID, where the server has it: a rename keeps it (mail-rules A8). */
  mailboxId: string | null
  /** Names it had before, the last one first: what the ledger knows under them is of this mailbox. */
  formerNames: string[]
  /** It lives on under another name; what bears this one now is another mailbox. */
  moved: boolean
  /** Every UID up to here is done with. */
  floor: number
  /** UIDs above the floor that are done with: taken, baseline, parked, or gone from the server. */
  taken: string
  /** Gaps below the highest, by when they were first seen; listed again for 24 h. */
  holes: { since: number; uids: string }[]
  /** Of the taken ones, those that were given up (`message.skipped`) and are tried again now and then; the newest. */
  parked: string
  /** Covers the taken ones that were never stored, such as parked mail and our own: not ours to delete (mail-rules E1). */
  unstored: string
  /** Taken UIDs on which the account's `mark_seen`, `move_to` or `delete` is still to be done (mail-rules E1). */
  todo: string
  /** The highest UID done with at that time: gaps below it that are no open holes are older than a day. */
  settledTop: number
  /** All that was listed up to here is decided, so gaps below it hold nothing that is still to be taken. */
  decidedTo: number
  /** UIDNEXT and EXISTS when everything listed had been taken; null before. */
  seen: { uidNext: number | null; exists: number } | null
  /** When all UIDs were last listed. */
  fullAt: number
}

const dayMs = 24 * 60 * 60_000
const hourMs = 60 * 60_000
/** Octets of each part as text. Together, with the pending mails, they stay below the 100 KB of a record. */
const maxOctets = { taken: 32_000, hard: 36_000, holes: 14_000, todo: 14_000, unstored: 8000, parked: 4000 }

export const boxRecordId = (account: string, mailboxKey: string): string => `box#${account}#${mailboxKey}`

/** What the server showed when all it lists had been worked off. */
export interface Shown {
  uidNext: number | null
  exists: number
  /** All UIDs were listed. */
  full: boolean
}

export interface ImapProgress {
  taken: readonly number[]
  parked?: readonly number[]
  /** Of the taken ones, those that were not stored and are still on the server. */
  unstored?: readonly number[]
  /** Everything listed up to this UID is decided with it. */
  decidedTo?: number | undefined
  todo?: readonly number[]
  failed?: readonly Omit<PendingMail, "tries" | "firstAt">[]
  /** The server failed at it or after it: the next poll goes one by one. */
  suspect?: number | undefined
}

/** All names under which its mails may be known. */
export const namesOf = (cursor: ImapCursor): string[] => [cursor.mailbox, ...cursor.formerNames]

export const takenOf = (cursor: ImapCursor): UidSet => parseUidSet(cursor.taken)

/** The highest UID that is done with. */
export const topOf = (cursor: ImapCursor): number => Math.max(cursor.floor, lastUid(takenOf(cursor)))

/** Adds what one batch achieved. Order does not matter, so that it can be added to another poll's cursor as well. */
export function addProgress(cursor: ImapCursor, progress: ImapProgress, now: number): ImapCursor {
  const parked = progress.parked ?? []
  const done = [...progress.taken, ...parked]
  const settled = new Set(done.map(String))
  let pending = cursor.pending.filter((one) => !settled.has(one.key))
  for (const failed of progress.failed ?? []) pending = notePending(pending, failed, now)
  const todo = unite(parseUidSet(cursor.todo), uidSetOf(progress.todo ?? []))
  const spared = uidSetOf([...parked, ...(progress.unstored ?? [])])
  const taken = uidSetOf(progress.taken)
  const unstored = unite(subtract(parseUidSet(cursor.unstored), subtract(taken, spared)), spared)
  return bounded({
    ...cursor,
    taken: formatUidSet(above(unite(takenOf(cursor), uidSetOf(done)), cursor.floor)),
    parked: formatUidSet(unite(subtract(parseUidSet(cursor.parked), taken), uidSetOf(parked))),
    unstored: formatUidSet(unstored),
    pending: pending.slice(-maxPending),
    todo: formatUidSet(todo),
    decidedTo: Math.max(cursor.decidedTo, progress.decidedTo ?? 0),
    inflight: progress.suspect === undefined ? null : { key: String(progress.suspect), polls: 0 },
  })
}

/** Everything listed was taken: remembers what the server showed, and keeps the gaps open for 24 h. */
export function settle(cursor: ImapCursor, shown: Shown, now: number): ImapCursor {
  const pending = uidSetOf(cursor.pending.map((one) => Number(one.key)))
  const gaps = subtract(gapsOf(takenOf(cursor), cursor.floor + 1, topOf(cursor)), pending)
  const known = cursor.holes.reduce<UidSet>((all, hole) => unite(all, parseUidSet(hole.uids)), [])
  const open = cursor.holes
    .filter((hole) => now - hole.since < dayMs)
    .map((hole) => ({ since: hole.since, uids: formatUidSet(intersect(parseUidSet(hole.uids), gaps)) }))
  // A gap below the old top that is no open hole was one for a day: only the daily listing of all UIDs looks there.
  const old: UidSet = cursor.settledTop === 0 ? [] : [[1, cursor.settledTop]]
  const fresh = formatUidSet(subtract(gaps, unite(known, old)))
  return bounded({
    ...cursor,
    holes: mergeHoles([...open, { since: Math.ceil(now / hourMs) * hourMs, uids: fresh }]),
    seen: { uidNext: shown.uidNext, exists: shown.exists },
    settledTop: topOf(cursor),
    decidedTo: topOf(cursor),
    fullAt: shown.full ? now : cursor.fullAt,
  })
}

/** Holes first seen within one hour are one, so that a day has few of them. */
function mergeHoles(holes: ImapCursor["holes"]): ImapCursor["holes"] {
  const byHour = Map.groupBy(holes, (hole) => hole.since)
  const merged = [...byHour].map(([since, some]) => {
    return { since, uids: formatUidSet(some.reduce<UidSet>((all, { uids }) => unite(all, parseUidSet(uids)), [])) }
  })
  return merged.filter((hole) => hole.uids !== "")
}

/** Keeps each part within its octets. Where exactness is given up, a mail may be looked at again or left on the server, never lost. */
function bounded(cursor: ImapCursor): ImapCursor {
  const holes = cursor.holes.map(({ uids }) => uids.length).reduce((sum, length) => sum + length, 0)
  const share = Math.min(1, maxOctets.holes / Math.max(1, holes))
  return {
    ...compact(cursor),
    // Taken mails in between do no harm: they are not taken again.
    holes: cursor.holes.map(({ since, uids }) => {
      return { since, uids: coarsenTo(uids, Math.floor(uids.length * share)) }
    }),
    unstored: coarsenTo(cursor.unstored, maxOctets.unstored),
    parked: newestOf(cursor.parked, maxOctets.parked),
    todo: newestOf(cursor.todo, maxOctets.todo),
  }
}

/** Closes the oldest gaps, as far as nothing in them is still to be taken. */
function compact(cursor: ImapCursor): ImapCursor {
  if (cursor.taken.length <= maxOctets.taken) return cursor
  const kept = parseUidSet(newestOf(cursor.taken, maxOctets.taken / 2))
  const floor = Math.max(cursor.floor, Math.min((kept[0]?.[0] ?? 1) - 1, cursor.decidedTo))
  const taken = formatUidSet(above(parseUidSet(cursor.taken), floor))
  // What is forgotten here is listed again: stored mail has its id and its event already.
  return { ...cursor, floor, taken: oldestOf(taken, maxOctets.hard) }
}

import type { Lease } from "./lease.ts"
import { maxPending, notePending, type PendingMail } from "./pending.ts"
import {
  above,
  formatUidSet,
  gapsOf,
  intersect,
  lastUid,
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
}

/** Cursor of an IMAP mailbox (mail-rules B3). */
export interface ImapCursor extends BoxState {
  protocol: "imap"
  uidValidity: string
  /** Every UID up to here is done with. */
  floor: number
  /** UIDs above the floor that are done with: taken, baseline, parked, or gone from the server. */
  taken: string
  /** Gaps below the highest, by when they were first seen; listed again for 24 h. */
  holes: { since: number; uids: string }[]
  /** Of the taken ones, those that were given up (`message.skipped`), newest last. */
  parked: number[]
  /** Taken UIDs on which the account's `mark_seen`, `move_to` or `delete` is still to be done (mail-rules E1). */
  todo: string
  /** The highest UID done with at that time: gaps below it that are no open holes are older than a day. */
  settledTop: number
  /** UIDNEXT and EXISTS when everything listed had been taken; null before. */
  seen: { uidNext: number | null; exists: number } | null
  /** When all UIDs were last listed. */
  fullAt: number
}

const dayMs = 24 * 60 * 60_000
/** Ranges kept exactly; of more, the oldest gaps are closed. */
const maxRanges = 2000
const maxParked = 200

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
  todo?: readonly number[]
  failed?: readonly Omit<PendingMail, "tries" | "firstAt">[]
  /** The server failed at it or after it: the next poll goes one by one. */
  suspect?: number | undefined
}

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
  return compact({
    ...cursor,
    taken: formatUidSet(above(unite(takenOf(cursor), uidSetOf(done)), cursor.floor)),
    parked: [...cursor.parked, ...parked].slice(-maxParked),
    pending: pending.slice(-maxPending),
    todo: formatUidSet(todo),
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
  return {
    ...cursor,
    holes: [...open, { since: now, uids: fresh }].filter((hole) => hole.uids !== ""),
    seen: { uidNext: shown.uidNext, exists: shown.exists },
    settledTop: topOf(cursor),
    fullAt: shown.full ? now : cursor.fullAt,
  }
}

function compact(cursor: ImapCursor): ImapCursor {
  const taken = takenOf(cursor)
  if (taken.length <= maxRanges) return cursor
  const kept = taken.slice(-maxRanges / 2)
  const floor = (kept[0]?.[0] ?? 1) - 1
  return { ...cursor, floor, taken: formatUidSet(kept) }
}

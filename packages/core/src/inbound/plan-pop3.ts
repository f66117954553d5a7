import type { Pop3Entry, Pop3Listed } from "./pop3-state.ts"

const dayMs = 24 * 60 * 60_000
/** UIDLs that vanished are remembered this long, those we deleted not at all (mail-rules D3). */
const keepGoneMs = 30 * dayMs
const resetMinimum = 10

export interface Pop3Plan {
  /** Listed, and known by UIDL and size. */
  known: { mail: Pop3Listed; entry: Pop3Entry }[]
  /** The UIDL was never seen. */
  unknown: Pop3Listed[]
  /** The UIDL was seen, but the size differs, or it was away, or it is listed twice: the hash of `TOP n 0` decides (mail-rules D2). */
  doubtful: Pop3Listed[]
  /** Known, and missing from this listing for the first time. */
  gone: Pop3Entry[]
  /** To be forgotten. */
  forgotten: Pop3Entry[]
}

/** Compares a listing with what was seen before (mail-rules D2, D3). Pure. */
export function planPop3(entries: readonly Pop3Entry[], listed: readonly Pop3Listed[], now: number): Pop3Plan {
  const plan: Pop3Plan = { known: [], unknown: [], doubtful: [], gone: [], forgotten: [] }
  const byUidl = Map.groupBy(entries, (entry) => entry.uidl)
  const groups = Map.groupBy(listed, (mail) => mail.uidl)
  for (const [uidl, mails] of groups) {
    const seen = byUidl.get(uidl) ?? []
    const [mail] = mails
    const [entry] = seen.filter((one) => one.goneAt === null)
    if (mail === undefined) continue
    if (seen.length === 0 && mails.length === 1) plan.unknown.push(mail)
    else if (mails.length === 1 && entry !== undefined && isSurely(entry, mail) && onlyOneThere(seen))
      plan.known.push({ mail, entry })
    else plan.doubtful.push(...mails)
  }
  for (const entry of entries) {
    if (groups.has(entry.uidl)) continue
    if (entry.state === "deleted") plan.forgotten.push(entry)
    else if (entry.goneAt === null) plan.gone.push(entry)
    else if (now - entry.goneAt >= keepGoneMs) plan.forgotten.push(entry)
  }
  return plan
}

/** What we deleted and is listed all the same was not deleted, or is another mail under a UIDL used again: its header decides. */
const isSurely = (entry: Pop3Entry, mail: Pop3Listed): boolean => entry.size === mail.size && entry.state !== "deleted"

const onlyOneThere = (seen: readonly Pop3Entry[]): boolean => seen.filter((one) => one.goneAt === null).length === 1

/** Known mails vanished while unknown ones appeared: the server may have made its UIDLs anew (mail-rules A4). */
export function mayBeReset(plan: Pop3Plan): boolean {
  return plan.unknown.length > 0 && plan.gone.length >= resetMinimum
}

/** Most of what had gone came back under other UIDLs. */
export function wasReset({ gone, matched }: { gone: number; matched: number }): boolean {
  return gone >= resetMinimum && matched * 2 > gone
}

/** The entry that a mail of a doubtful UIDL is, by its hash; else the number under which it is new. */
export function settleDoubt(
  seen: readonly Pop3Entry[],
  mail: { hash: string; key: string },
): { entry: Pop3Entry } | { n: number } {
  // An entry without a hash was made from its record: there the Message-ID tells.
  const entry = seen.find((one) => (one.hash === "" ? one.key !== "" && one.key === mail.key : one.hash === mail.hash))
  if (entry !== undefined) return { entry }
  return { n: seen.reduce((most, one) => Math.max(most, one.n), -1) + 1 }
}

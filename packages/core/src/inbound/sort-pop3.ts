import { isBaseline } from "./baseline.ts"
import { type Fingerprint, matchReset } from "./match-reset.ts"
import { settleDoubt } from "./plan-pop3.ts"
import type { Pop3Facts } from "./pop3-facts.ts"
import type { Pop3Entry, Pop3Listed } from "./pop3-state.ts"

export interface Pop3Sorting {
  /** Entries to write: found again, mapped from another UIDL, or baseline. */
  settled: Pop3Entry[]
  /** Entries that another UIDL stands for now. */
  replaced: Pop3Entry[]
  /** Mails to take, each with its number under its UIDL. */
  fresh: { mail: Pop3Listed; n: number }[]
  matched: number
}

export interface SortOptions {
  /** All entries, for mails of known UIDLs. */
  entries: readonly Pop3Entry[]
  /** Mails that vanished: an unknown UIDL may be one of them (mail-rules A4). */
  vanished: readonly Pop3Entry[]
  facts: ReadonlyMap<number, Pop3Facts>
  /** Null: age decides nothing. */
  baselineAt: number | null
  now: number
}

/** Decides what mails are whose UIDL is unknown or doubtful. Pure. */
export function sortPop3(
  mails: { doubtful: readonly Pop3Listed[]; unknown: readonly Pop3Listed[] },
  options: SortOptions,
): Pop3Sorting {
  const sorting: Pop3Sorting = { settled: [], replaced: [], fresh: [], matched: 0 }
  sortDoubtful(sorting, mails.doubtful, options)
  const prints = mails.unknown.map((mail) => printOf(mail, options.facts.get(mail.ref)))
  const vanished = options.vanished.filter((entry) => entry.state !== "deleted")
  const known = vanished.map((entry) => ({ entry, key: entry.key, date: entry.date, size: entry.size, emailId: null }))
  const { pairs, unmatched } = matchReset(prints, known)
  for (const { listed, known: found } of pairs) {
    sorting.replaced.push(found.entry)
    const { uidl, size } = listed.mail
    sorting.settled.push({ ...found.entry, uidl, n: 0, size, goneAt: null, hash: listed.hash })
  }
  sorting.matched = pairs.length
  for (const { mail, hash, key, date } of unmatched) {
    const received = options.facts.get(mail.ref)?.received
    if (options.baselineAt === null || !isBaseline(received, options.baselineAt)) sorting.fresh.push({ mail, n: 0 })
    else sorting.settled.push(baselineEntry(mail, { hash, key: key ?? "", date, now: options.now }))
  }
  return sorting
}

function sortDoubtful(sorting: Pop3Sorting, doubtful: readonly Pop3Listed[], options: SortOptions): void {
  const byUidl = Map.groupBy(options.entries, (entry) => entry.uidl)
  const asked: Pop3Entry[] = []
  for (const mail of doubtful) {
    const facts = options.facts.get(mail.ref)
    const seen = [...(byUidl.get(mail.uidl) ?? []), ...asked.filter((one) => one.uidl === mail.uidl)]
    const sameSize = seen.find((one) => one.size === mail.size)
    // Without its header the size is all there is to tell by.
    const found =
      facts === undefined && sameSize !== undefined
        ? { entry: sameSize }
        : settleDoubt(seen, facts ?? { hash: "", key: "" })
    if ("n" in found) {
      sorting.fresh.push({ mail, n: found.n })
      asked.push({
        ...baselineEntry(mail, { hash: facts?.hash ?? "", key: "", date: null, now: options.now }),
        n: found.n,
      })
    } else if (!asked.includes(found.entry)) {
      const state = found.entry.state === "deleted" ? "taken" : found.entry.state
      sorting.settled.push({ ...found.entry, state, size: mail.size, goneAt: null })
    }
  }
}

type Print = Fingerprint & { mail: Pop3Listed; hash: string }

function printOf(mail: Pop3Listed, facts: Pop3Facts | undefined): Print {
  return {
    mail,
    hash: facts?.hash ?? "",
    key: facts?.key ?? null,
    date: facts?.date ?? null,
    size: mail.size,
    emailId: null,
  }
}

function baselineEntry(
  mail: Pop3Listed,
  facts: { hash: string; key: string; date: number | null; now: number },
): Pop3Entry {
  const { uidl, size } = mail
  const { hash, key, date } = facts
  return { uidl, n: 0, size, state: "baseline", at: facts.now, goneAt: null, hash, key, date, id: "" }
}

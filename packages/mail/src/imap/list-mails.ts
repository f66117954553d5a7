import type { ListedMail } from "@postrider/core/ports/mailbox-reader"
import type { FetchMessageObject } from "imapflow"
import { faultError } from "../fault/fault-error.ts"
import type { ImapConnection } from "./connection.ts"
import { bareFault } from "./lifetime.ts"

const maxListingBytes = 256 * 1024 * 1024
const maxFlags = 100
/** RFC 8474 section 4: an EMAILID has up to 255 characters; flags are short words. */
const maxWordChars = 255
/** Different flags of one listing; mailboxes know a few dozen. */
const maxDifferentFlags = 10_000

/**
 * Mails with a UID in the range, ascending, in one FETCH. Rows outside the range are dropped (mail-rules B2, RFC 9051 section 6.4.9); of
 * each mail the first 100 flags are kept. A server that sends over `maxRows`, or 256 MiB, loses the session. @throws RelayError with
 * a fault `TooManyRows` or `TooMuchData`.
 */
export async function listMails(
  connection: ImapConnection,
  range: { from: number; to?: number },
  maxRows: number,
): Promise<ListedMail[]> {
  const { client } = connection
  const { from, to } = range
  if (to !== undefined && to < from) return []
  // "1:*" of an empty mailbox is an error for some servers.
  if (client.mailbox !== false && client.mailbox.exists === 0) return []
  const found = new Map<number, ListedMail>()
  const words = createWordList()
  const read = async () => {
    let rows = 0
    const query = { uid: true, flags: true, internalDate: true, size: true }
    for await (const row of client.fetch(`${from}:${to ?? "*"}`, query, { uid: true })) {
      if (++rows > maxRows) {
        connection.lifetime.end((stage) => faultError(bareFault("protocol", stage, "TooManyRows")))
        return
      }
      if (!(row.uid >= from) || (to !== undefined && row.uid > to)) continue
      found.set(row.uid, {
        ...found.get(row.uid),
        ...listed(row, words),
        size: row.size ?? found.get(row.uid)?.size ?? 0,
      })
    }
  }
  await connection.run("list", read, { octets: maxListingBytes, code: "TooMuchData" })
  return [...found.values()].sort((a, b) => a.ref - b.ref)
}

/** What one row says. Servers also send rows of their own accord, with flags only. */
function listed(row: FetchMessageObject, words: WordList): Omit<ListedMail, "size"> {
  const internalDate = row.internalDate instanceof Date ? row.internalDate.getTime() : undefined
  const { emailId } = row
  const hasEmailId = typeof emailId === "string" && emailId !== "" && emailId.length <= maxWordChars
  return {
    ref: row.uid,
    ...(internalDate === undefined ? {} : { internalDate }),
    ...(row.flags === undefined ? {} : { flags: lastingFlags(row.flags, words) }),
    ...(hasEmailId ? { emailId } : {}),
  }
}

/** \Recent belongs to a session, not to the mail (RFC 9051 took it out). */
function lastingFlags(flags: Set<string>, words: WordList): string[] {
  const kept: string[] = []
  for (const flag of flags) {
    const word = flag.length > maxWordChars || flag.toLowerCase() === "\\recent" ? null : words(flag)
    if (word !== null) kept.push(word)
    if (kept.length === maxFlags) break
  }
  return kept
}

/** The same word as the same string, so that a million mails with one flag hold it once; null for more different ones than there are. */
type WordList = (word: string) => string | null

function createWordList(): WordList {
  const known = new Map<string, string>()
  return (word) => {
    const same = known.get(word)
    if (same !== undefined) return same
    if (known.size === maxDifferentFlags) return null
    known.set(word, word)
    return word
  }
}

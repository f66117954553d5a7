import type { RelayError } from "@postrider/core/error/relay-error"
import type { ListedMailbox } from "@postrider/core/ports/mailbox-reader"
import type { ListResponse } from "imapflow"
import { faultError } from "../fault/fault-error.ts"
import type { ImapConnection } from "./connection.ts"
import { bareFault } from "./lifetime.ts"
import { listMailboxIds } from "./list-mailbox-ids.ts"

const specialUses = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash"]
const byLowerCase = new Map(specialUses.map((use) => [use.toLowerCase(), use]))

const maxMailboxes = 10_000
/** Servers answer twice (LSUB), names may come as literals, and lines of other kinds come between. */
const maxLines = 4 * maxMailboxes + 1_000
const maxListingBytes = 16 * 1024 * 1024

/**
 * All mailboxes with their special use (RFC 6154), attributes compared without case; by well-known names where
 * the server marks none. A server that lists over 10,000, or 16 MiB, loses the session. @throws RelayError with a fault `TooManyMailboxes`.
 */
export async function listMailboxes(connection: ImapConnection): Promise<ListedMailbox[]> {
  const allowance = () => ({ octets: maxListingBytes, lines: maxLines, code: "TooManyMailboxes" })
  const listed = await connection.run("list", () => connection.client.list(), allowance())
  if (listed.length > maxMailboxes) throw tooMany(connection)
  const ids = await listMailboxIds(connection, allowance())
  return listed.map((entry) => ({
    path: entry.path,
    specialUse: specialUse(entry),
    selectable: !hasAttribute(entry, "\\noselect") && !hasAttribute(entry, "\\nonexistent"),
    mailboxId: ids.get(entry.pathAsListed) ?? null,
  }))
}

function tooMany({ lifetime }: ImapConnection): RelayError {
  const error = faultError(bareFault("protocol", "list", "TooManyMailboxes"))
  lifetime.end(() => error)
  return error
}

function specialUse(entry: ListResponse): string | null {
  if (entry.path.toUpperCase() === "INBOX") return "\\Inbox"
  for (const flag of entry.flags) {
    const use = byLowerCase.get(flag.toLowerCase())
    if (use !== undefined) return use
  }
  return entry.specialUse ?? null
}

const hasAttribute = (entry: ListResponse, name: string): boolean =>
  [...entry.flags].some((flag) => flag.toLowerCase() === name)

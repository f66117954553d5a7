import type { ListedMailbox } from "@postrider/core/ports/mailbox-reader"
import type { ListResponse } from "imapflow"
import type { ImapConnection } from "./connection.ts"
import { listMailboxIds } from "./list-mailbox-ids.ts"

const specialUses = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash"]
const byLowerCase = new Map(specialUses.map((use) => [use.toLowerCase(), use]))

/** All mailboxes with their special use (RFC 6154), attributes compared without case; by well-known names where the server marks none. */
export async function listMailboxes(connection: ImapConnection): Promise<ListedMailbox[]> {
  const listed = await connection.run("list", () => connection.client.list())
  const ids = await listMailboxIds(connection)
  return listed.map((entry) => ({
    path: entry.path,
    specialUse: specialUse(entry),
    selectable: !hasAttribute(entry, "\\noselect") && !hasAttribute(entry, "\\nonexistent"),
    mailboxId: ids.get(entry.pathAsListed) ?? null,
  }))
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

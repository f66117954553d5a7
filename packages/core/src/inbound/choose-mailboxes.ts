import type { ListedMailbox } from "../ports/mailbox-reader.ts"

export interface MailboxChoice {
  /** In the order wanted, each once; `*` in the order listed. */
  mailboxes: ListedMailbox[]
  /** What was wanted and is not there, or cannot be opened. */
  missing: string[]
}

/** Not meant by `*`: copies of other mail, and what nobody sent to this account (mail-rules A8, RFC 6154). */
const leftOut = new Set(["\\all", "\\drafts", "\\junk", "\\sent", "\\trash"])

/** The mailboxes that `wanted` means: paths, special uses (`@inbox @sent @drafts @trash @junk @archive @all`), `*`. Pure. */
export function chooseMailboxes(listed: readonly ListedMailbox[], wanted: readonly string[]): MailboxChoice {
  const chosen = new Map<string, ListedMailbox>()
  const missing: string[] = []
  for (const name of wanted) {
    const found = listed.filter((mailbox) => mailbox.selectable && means(name, mailbox))
    if (found.length === 0) missing.push(name)
    for (const mailbox of found) chosen.set(mailbox.path, mailbox)
  }
  return { mailboxes: [...chosen.values()], missing }
}

function means(name: string, mailbox: ListedMailbox): boolean {
  const use = mailbox.specialUse?.toLowerCase() ?? null
  if (name === "*") return use === null || !leftOut.has(use)
  // A path may begin with @ as well; special uses are told from it by the list of names.
  if (specialUses.has(name.toLowerCase())) {
    return use === `\\${name.slice(1).toLowerCase()}` || (name.toLowerCase() === "@inbox" && isInbox(mailbox.path))
  }
  return mailbox.path === name || (isInbox(name) && isInbox(mailbox.path))
}

const specialUses = new Set(["@inbox", "@sent", "@drafts", "@trash", "@junk", "@archive", "@all"])

/** INBOX is the one name that is compared without case (RFC 9051 section 5.1). */
const isInbox = (path: string): boolean => path.toUpperCase() === "INBOX"

import type { MailboxSnapshot } from "@postrider/core/ports/mailbox-reader"
import type { MailboxObject } from "imapflow"
import type { ImapConnection } from "./connection.ts"

/**
 * SELECT, never EXAMINE (mail-rules B1). With `askStatus` UIDNEXT is asked by STATUS first, for servers that leave it out of SELECT
 * (mail-rules B2). Holds the mailbox until `release`: imapflow then keeps a quiet connection alive with NOOP while the caller stores mail.
 */
export async function selectMailbox(
  connection: ImapConnection,
  path: string,
  askStatus: boolean,
): Promise<{ snapshot: MailboxSnapshot; release: () => void; givesUidNext: boolean }> {
  return connection.run("select", async () => {
    const { client } = connection
    const uidNext = askStatus ? await statusUidNext(connection, path) : null
    const mailbox = await client.mailboxOpen(path)
    const snapshot = snapshotOf(mailbox, uidNext)
    // The mode that SELECT was answered with: any other would make imapflow select again.
    const lock = await client.getMailboxLock(path, { readOnly: mailbox.readOnly === true })
    return { snapshot, release: lock.release, givesUidNext: hasUidNext(mailbox) }
  })
}

async function statusUidNext({ client }: ImapConnection, path: string): Promise<number | null> {
  const status = await client.status(path, { uidNext: true })
  return status === false ? null : (status.uidNext ?? null)
}

const hasUidNext = (mailbox: Partial<MailboxObject>): boolean => (mailbox.uidNext ?? 0) > 0

/** imapflow declares fields that a server may leave out as always there. */
function snapshotOf(mailbox: Partial<MailboxObject> & { path: string }, statusUidNext: number | null): MailboxSnapshot {
  return {
    path: mailbox.path,
    uidValidity: (mailbox.uidValidity ?? 0n).toString(),
    uidNext: hasUidNext(mailbox) ? (mailbox.uidNext ?? null) : statusUidNext,
    exists: mailbox.exists ?? 0,
    readOnly: mailbox.readOnly === true,
    mailboxId: mailbox.mailboxId ?? null,
  }
}

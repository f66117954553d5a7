import type { ListedMail, MailboxSession, MailboxSnapshot } from "@postrider/core/ports/mailbox-reader"
import { changeMails } from "./change-mails.ts"
import type { ImapConnection } from "./connection.ts"
import { fetchHeaders } from "./fetch-headers.ts"
import { fetchMails } from "./fetch-mails.ts"
import { aborted } from "./lifetime.ts"
import { listMailboxes } from "./list-mailboxes.ts"
import { listMails } from "./list-mails.ts"
import { selectMailbox } from "./select-mailbox.ts"

/** Over a million UIDs. */
const maxSearchBytes = 16 * 1024 * 1024

/** What the reader remembers of a server between sessions. */
export interface ServerHabits {
  /** SELECT tells UIDNEXT: STATUS need not be asked. */
  givesUidNext: boolean
}

export interface SessionOptions {
  habits: ServerHabits
  /** Rows of one listing. */
  maxListedMails: number
}

/** The port's session over a logged-in connection. */
export function createImapSession(
  connection: ImapConnection,
  { habits, maxListedMails }: SessionOptions,
): MailboxSession {
  const { client } = connection
  const sizes = new Map<number, number>()
  let release = () => {}

  const select = async (path: string): Promise<MailboxSnapshot> => {
    release()
    sizes.clear()
    const selected = await selectMailbox(connection, path, !habits.givesUidNext)
    release = selected.release
    habits.givesUidNext = selected.givesUidNext
    return selected.snapshot
  }
  const list = async (range: { from: number; to?: number } = { from: 1 }): Promise<ListedMail[]> => {
    const mails = await listMails(connection, range, maxListedMails)
    for (const mail of mails) sizes.set(mail.ref, mail.size)
    return mails
  }

  return {
    protocol: "imap",
    tls: connection.progress.tls,
    capabilities: [...client.capabilities.keys()],
    hasIds: true,
    mailboxes: () => listMailboxes(connection),
    select,
    list,
    headers: (refs) => fetchHeaders(connection, refs),
    fetch: (refs, { maxBytes }) => fetchMails({ connection, sizes, maxBytes }, refs),
    exists: async (ref) => (await search(connection, { uid: `${ref}` })).includes(ref),
    searchHeader: (name, value) => search(connection, { header: { [name]: value } }),
    change: (refs, change) => changeMails(connection, refs, change),
    append: async (path, mail, { flags, internalDate }) => {
      const date = internalDate === undefined ? undefined : new Date(internalDate)
      const appended = await connection.run("store", () => client.append(path, mail, flags, date))
      if (!appended) throw connection.refused("store")
    },
    end: endOnce(connection),
    abort: () => connection.lifetime.end(aborted()),
  }
}

async function search(connection: ImapConnection, query: Parameters<ImapConnection["client"]["search"]>[0]) {
  const allowance = { octets: maxSearchBytes, code: "TooMuchData" }
  const found = await connection.run("list", () => connection.client.search(query, { uid: true }), allowance)
  if (!Array.isArray(found)) throw connection.refused("list")
  return found
}

/** LOGOUT once, whatever state the connection is in. */
function endOnce(connection: ImapConnection): MailboxSession["end"] {
  let ended: Promise<{ committed: boolean }> | undefined
  const logout = async () => {
    if (connection.lifetime.ending !== null) return { committed: false }
    try {
      return { committed: await connection.logout() }
    } catch {
      // LOGOUT saves nothing over IMAP: a connection that breaks now loses nothing.
      return { committed: false }
    } finally {
      connection.lifetime.end(aborted())
    }
  }
  return () => {
    ended ??= logout()
    return ended
  }
}

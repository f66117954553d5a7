import { RelayError } from "@postrider/core/error/relay-error"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { ListedMail, MailboxChange, MailboxSession } from "@postrider/core/ports/mailbox-reader"
import type { Pop3Capabilities } from "@postrider/pop3/capabilities"
import type { Pop3Client } from "@postrider/pop3/client"
import { Pop3Error } from "@postrider/pop3/pop3-error"
import { tlsFacts } from "../dial/tls-facts.ts"
import type { Deadline } from "./deadline.ts"
import { fetchHeaderBlocks } from "./fetch-headers.ts"
import { fetchMails } from "./fetch-mails.ts"
import { pop3Failure } from "./pop3-fault.ts"
import { readListing } from "./read-listing.ts"

const inbox = "INBOX"

export interface LoggedIn {
  client: Pop3Client
  server: MailServer
  deadline: Deadline
  capabilities: Pop3Capabilities
  /** From UIDL; null when the server has none. */
  ids: Map<number, string> | null
}

/** The port's session over a logged-in client. LIST is read once, when first needed (mail-rules D1). */
export function createPop3Session(loggedIn: LoggedIn): MailboxSession {
  const { client, server, capabilities, ids } = loggedIn
  const sizes = new Map<number, number>()
  let listing: Promise<ListedMail[]> | undefined

  const failure = (error: unknown) => pop3Failure(error, server)
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => Promise.reject(failure(error)))
  const readOnce = async () => {
    const mails = await run(() => readListing(client, ids))
    for (const { ref, size } of mails) sizes.set(ref, size)
    return mails
  }
  const list = async () => {
    // The list is kept, the session may be over.
    if (client.failure !== null) throw failure(client.failure)
    listing ??= readOnce()
    return listing
  }
  return {
    protocol: "pop3",
    tls: client.tls === null ? null : tlsFacts(client.tls),
    capabilities: [...capabilities].map(([tag, values]) => [tag, ...values].join(" ")),
    hasIds: ids !== null,
    mailboxes: async () => [{ path: inbox, specialUse: "\\Inbox", selectable: true, mailboxId: null }],
    async select(path) {
      if (path !== inbox) throw new RelayError("unsupported", "POP3 has one mailbox, INBOX.")
      const { length } = await list()
      return { path, uidValidity: null, uidNext: null, exists: length, readOnly: false, mailboxId: null }
    },
    list: async () => [...(await list())],
    headers: (refs) => run(() => fetchHeaderBlocks(client, refs)),
    async *fetch(refs, { maxBytes }) {
      await list()
      yield* fetchMails({ client, sizes, maxBytes, failure }, refs)
    },
    exists: async (ref) => (await list()).some((mail) => mail.ref === ref),
    searchHeader: async () => Promise.reject(imapOnly("search")),
    change: createChange(client, run),
    append: async () => Promise.reject(imapOnly("append")),
    end: endOnce(loggedIn),
    abort() {
      loggedIn.deadline.clear()
      client.close()
    },
  }
}

/** DELE, once a mail and session; a refusal is thrown when all were tried. Nothing counts before QUIT (mail-rules D3). */
function createChange(client: Pop3Client, run: <T>(work: () => Promise<T>) => Promise<T>): MailboxSession["change"] {
  const marked = new Set<number>()
  return async (refs, change) => {
    refuseFlags(change)
    if (change.delete !== true) return
    let refused: Pop3Error | undefined
    for (const ref of refs.filter((wanted) => !marked.has(wanted))) {
      try {
        await client.dele(ref)
        marked.add(ref)
      } catch (error) {
        if (!(error instanceof Pop3Error) || error.code !== "refused") return run(() => Promise.reject(error))
        refused = error
      }
    }
    if (refused !== undefined) return run(() => Promise.reject(refused))
  }
}

function refuseFlags({ addFlags = [], removeFlags = [], moveTo }: MailboxChange): void {
  if (addFlags.length + removeFlags.length > 0 || moveTo !== undefined) throw imapOnly("flags and move")
}

/** QUIT, once; later calls get the same answer. */
function endOnce({ client, deadline }: LoggedIn): MailboxSession["end"] {
  let ended: Promise<{ committed: boolean }> | undefined
  const quit = async () => {
    // A failure is an answer here: what was marked counts as not deleted.
    const committed = await client.quit().then(
      () => true,
      () => false,
    )
    deadline.clear()
    return { committed }
  }
  return () => {
    ended ??= quit()
    return ended
  }
}

const imapOnly = (what: string): RelayError => new RelayError("unsupported", `POP3 has no ${what}.`)

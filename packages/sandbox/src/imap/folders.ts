import {
  type CommandHandler,
  canonicalPath,
  findMailbox,
  mailboxesOf,
  offers,
  openView,
  Refusal,
  say,
} from "./session.ts"
import { textOf } from "./tokens.ts"

const maxMailboxes = 10_000
const maxPathLength = 500

/** NAMESPACE (RFC 2342): one personal namespace. */
export const namespace: CommandHandler = async (session) => {
  await say(session, '* NAMESPACE (("" "/")) NIL NIL')
  return "Namespace completed"
}

export const createFolder: CommandHandler = async (session, { args }) => {
  const path = newPath(textOf(args[0]))
  const mailboxes = mailboxesOf(session)
  if (mailboxes.has(path)) throw new Refusal("[ALREADYEXISTS] Mailbox exists")
  if (mailboxes.size >= maxMailboxes) throw new Refusal("[LIMIT] Too many mailboxes")
  const mailbox = session.services.store.create(session.user ?? "", path)
  return offers(session, "OBJECTID") ? `[MAILBOXID (${mailbox.mailboxId})] Created` : "Created"
}

export const deleteFolder: CommandHandler = async (session, { args }) => {
  const mailbox = findMailbox(session, textOf(args[0]))
  if (mailbox.path === "INBOX") throw new Refusal("[CANNOT] INBOX stays")
  mailboxesOf(session).delete(mailbox.path)
  return "Deleted"
}

/** RENAME keeps UIDVALIDITY, UIDs and MAILBOXID (RFC 8474 §4), and takes the mailboxes below along. */
export const renameFolder: CommandHandler = async (session, { args }) => {
  const { path: from } = findMailbox(session, textOf(args[0]))
  const to = newPath(textOf(args[1]))
  if (from === "INBOX") throw new Refusal("[CANNOT] INBOX stays")
  const mailboxes = mailboxesOf(session)
  if (mailboxes.has(to)) throw new Refusal("[ALREADYEXISTS] Mailbox exists")
  for (const [path, mailbox] of [...mailboxes]) {
    if (path !== from && !path.startsWith(`${from}/`)) continue
    mailboxes.delete(path)
    mailbox.rename(to + path.slice(from.length))
    mailboxes.set(mailbox.path, mailbox)
  }
  return "Renamed"
}

/** All mailboxes are subscribed and stay so. */
export const subscribe: CommandHandler = async () => "Completed"

/** CLOSE removes what is marked \Deleted without saying so (RFC 3501 §6.4.2). */
export const closeMailbox: CommandHandler = async (session) => {
  const view = openView(session)
  const deleted = view.mailbox.messages.filter((message) => message.flags.has("\\Deleted"))
  view.close()
  delete session.view
  if (!view.readOnly) view.mailbox.remove(new Set(deleted.map((message) => message.uid)))
  return "Closed"
}

function newPath(text: string): string {
  const path = canonicalPath(text.replace(/\/$/, ""))
  const hasControls = [...path].some((character) => character < " " || character === "\u007f")
  if (path === "" || path.length > maxPathLength || /[*%]/.test(path) || hasControls) {
    throw new Refusal("[CANNOT] Bad mailbox name")
  }
  return path
}

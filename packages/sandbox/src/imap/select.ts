import type { Fault } from "../fault/fault.ts"
import type { Mailbox } from "../mailbox/mailbox.ts"
import type { ImapCommand } from "./read-command.ts"
import {
  type CommandHandler,
  findMailbox,
  type ImapSession,
  meetFault,
  offers,
  openView,
  Refusal,
  say,
} from "./session.ts"
import { itemsOf, quote, textOf } from "./tokens.ts"
import { openMailboxView } from "./view.ts"

const flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"

export const select: CommandHandler = (session, command) => openMailbox(session, command, false)

export const examine: CommandHandler = (session, command) => openMailbox(session, command, true)

/** UNSELECT (RFC 3691). */
export const unselect: CommandHandler = async (session) => {
  openView(session).close()
  delete session.view
  return "Unselected"
}

async function openMailbox(session: ImapSession, { args }: ImapCommand, examined: boolean): Promise<string> {
  session.view?.close()
  delete session.view
  const mailbox = findMailbox(session, textOf(args[0]))
  const fault = await meetFault(session, "select", { mailbox: mailbox.path })
  const readOnly = examined || fault?.readOnly === true
  const unseen = mailbox.messages.findIndex((message) => !message.flags.has("\\Seen")) + 1
  await say(session, `* FLAGS (${flags})`)
  await say(session, `* OK [PERMANENTFLAGS (${readOnly ? "" : `${flags} \\*`})] Flags kept`)
  await say(session, `* ${mailbox.messages.length} EXISTS`)
  await say(session, "* 0 RECENT")
  if (unseen > 0) await say(session, `* OK [UNSEEN ${unseen}] First unseen`)
  for (const [name, value] of Object.entries(claims(mailbox, fault))) await say(session, `* OK [${name} ${value}] Ok`)
  if (offers(session, "OBJECTID")) await say(session, `* OK [MAILBOXID (${mailbox.mailboxId})] Ok`)
  session.view = openMailboxView(mailbox, readOnly)
  return readOnly ? "[READ-ONLY] Opened" : "[READ-WRITE] Opened"
}

/** UIDVALIDITY and UIDNEXT as they are, or as a fault wants them told. */
function claims(mailbox: Mailbox, fault: Fault | undefined): Record<string, number | string> {
  const told = {
    UIDVALIDITY: fault?.uidValidity ?? mailbox.uidValidity,
    UIDNEXT: fault?.uidNext ?? mailbox.uidNext,
  }
  return Object.fromEntries(Object.entries(told).filter((entry) => entry[1] !== "absent"))
}

export const status: CommandHandler = async (session, { args }) => {
  const mailbox = findMailbox(session, textOf(args[0]))
  const fault = await meetFault(session, "status", { mailbox: mailbox.path })
  await say(session, statusLine(session, { mailbox, items: itemsOf(args[1]).map(textOf), fault }))
  return "Status completed"
}

export type StatusRequest = {
  readonly mailbox: Mailbox
  readonly items: readonly string[]
  readonly fault?: Fault | undefined
}

/** The untagged STATUS answer, also for LIST-STATUS (RFC 5819). */
export function statusLine(session: ImapSession, { mailbox, items, fault }: StatusRequest): string {
  const told = claims(mailbox, fault)
  const values = items.flatMap((item) => {
    const name = item.toUpperCase()
    const value = name in told ? told[name] : countOf(session, mailbox, name)
    return value === undefined ? [] : [`${name} ${value}`]
  })
  return `* STATUS ${quote(mailbox.path)} (${values.join(" ")})`
}

function countOf(session: ImapSession, mailbox: Mailbox, name: string): number | string | undefined {
  if (name === "MESSAGES") return mailbox.messages.length
  if (name === "RECENT") return 0
  if (name === "UNSEEN") return mailbox.messages.filter((message) => !message.flags.has("\\Seen")).length
  if (name === "DELETED") return mailbox.messages.filter((message) => message.flags.has("\\Deleted")).length
  if (name === "SIZE") return mailbox.messages.reduce((sum, message) => sum + message.content.size, 0)
  if (name === "MAILBOXID" && offers(session, "OBJECTID")) return `(${mailbox.mailboxId})`
  if (name === "UIDNEXT" || name === "UIDVALIDITY") return undefined
  throw new Refusal(`Unknown status item ${name.slice(0, 40)}`, "BAD")
}

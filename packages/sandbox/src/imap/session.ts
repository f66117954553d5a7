import type { Talk } from "../connection/talk.ts"
import type { Fault, Stage } from "../fault/fault.ts"
import type { FaultContext } from "../fault/fault-board.ts"
import { fillReply, strike } from "../fault/strike.ts"
import type { Mailbox } from "../mailbox/mailbox.ts"
import type { Services } from "../services.ts"
import type { ImapCommand } from "./read-command.ts"
import type { MailboxView } from "./view.ts"

/** One IMAP client: who it is and which mailbox it has open. */
export type ImapSession = {
  readonly services: Services
  readonly talk: Talk
  user?: string
  view?: MailboxView
  done: boolean
}

/** A refused command: becomes a tagged NO (or BAD) and the session goes on. */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly status: "NO" | "BAD" | "BYE" | "OK"

  constructor(text: string, status: "NO" | "BAD" | "BYE" | "OK" = "NO") {
    super(text)
    this.status = status
  }
}

/** Runs a command and returns the text of its tagged OK. Untagged answers are said on the way. */
export type CommandHandler = (session: ImapSession, command: ImapCommand) => Promise<string>

/** Sends one answer line; octets are latin1, as the message headers in it are. */
export function say(session: ImapSession, line: string): Promise<void> {
  return session.talk.say(Buffer.from(`${line}\r\n`, "latin1"))
}

/** Whether the capability is neither switched off for good nor withheld just now. */
export function offers(session: ImapSession, capability: string): boolean {
  const { services, talk } = session
  if (capability === "STARTTLS" && (!services.secureContext || talk.connection.secure)) return false
  return !services.withhold.imap.includes(capability) && !services.faults.withheld("imap").has(capability)
}

/** Refuses a command whose extension is not offered. */
export function needs(session: ImapSession, capability: string): void {
  if (!offers(session, capability)) throw new Refusal("Unknown command", "BAD")
}

/** Takes the fault of this stage and does what all faults can do; a reply of the fault is thrown as the answer. */
export async function meetFault(
  session: ImapSession,
  stage: Stage<"imap">,
  context: FaultContext = {},
): Promise<Fault | undefined> {
  const { user } = session
  const fault = session.services.faults.take("imap", stage, { user, mailbox: session.view?.mailbox.path, ...context })
  const text = await strike(session.talk.connection, fault)
  if (text !== undefined && fault?.afterBytes === undefined) throw faultReply(fillReply(text, { user }))
  return fault
}

function faultReply(text: string): Refusal {
  const [status = "NO", ...rest] = text.split(" ")
  return new Refusal(rest.join(" "), status === "OK" || status === "BAD" || status === "BYE" ? status : "NO")
}

/** The user's mailbox of that path; INBOX in any case (RFC 3501 §5.1). Refuses with [NONEXISTENT]. */
export function findMailbox(session: ImapSession, path: string): Mailbox {
  const mailbox = mailboxesOf(session).get(canonicalPath(path))
  if (!mailbox) throw new Refusal("[NONEXISTENT] No such mailbox")
  return mailbox
}

export function mailboxesOf(session: ImapSession): Map<string, Mailbox> {
  if (session.user === undefined) throw new Refusal("Sign in first", "BAD")
  return session.services.store.ensure(session.user)
}

export function canonicalPath(path: string): string {
  return path.toUpperCase() === "INBOX" ? "INBOX" : path
}

/** The open mailbox; refuses when none is, or when it would have to be writable and is not. */
export function openView(session: ImapSession, access: "read" | "write" = "read"): MailboxView {
  if (!session.view) throw new Refusal("Select a mailbox first", "BAD")
  if (access === "write" && session.view.readOnly) throw new Refusal("[READ-ONLY] Mailbox is read-only")
  return session.view
}

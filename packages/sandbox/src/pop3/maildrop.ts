import type { Fault } from "../fault/fault.ts"
import type { StoredMessage } from "../mailbox/mailbox.ts"
import { type Maildrop, meetFault, messageAt, needs, type Pop3Session, remaining, say } from "./session.ts"

export async function stat(session: Pop3Session, maildrop: Maildrop): Promise<void> {
  await meetFault(session, "stat")
  const left = remaining(maildrop)
  await say(session, `+OK ${left.length} ${left.reduce((sum, { message }) => sum + message.content.size, 0)}`)
}

export async function list(session: Pop3Session, maildrop: Maildrop, args: readonly string[]): Promise<void> {
  const fault = await meetFault(session, "list")
  const size = (message: StoredMessage) => `${fault?.sizeSays ?? message.content.size}`
  await table(session, { maildrop, argument: args[0], value: size })
}

export async function uidl(session: Pop3Session, maildrop: Maildrop, args: readonly string[]): Promise<void> {
  needs(session, "UIDL")
  const fault = await meetFault(session, "uidl")
  await table(session, { maildrop, argument: args[0], value: (message) => uidlOf(maildrop, message, fault) })
}

export async function dele(session: Pop3Session, maildrop: Maildrop, args: readonly string[]): Promise<void> {
  const message = messageAt(maildrop, args[0])
  await meetFault(session, "dele", { uids: [message.uid] })
  maildrop.deleted.add(message)
  await say(session, "+OK Marked")
}

export async function noop(session: Pop3Session): Promise<void> {
  await meetFault(session, "noop")
  await say(session, "+OK")
}

export async function rset(session: Pop3Session, maildrop: Maildrop): Promise<void> {
  maildrop.deleted.clear()
  await say(session, "+OK")
}

/** The only command that removes anything (RFC 1939 §6); a fault at `quit` comes before, one at `committed` after it. */
export async function quit(session: Pop3Session, maildrop: Maildrop): Promise<void> {
  session.done = true
  await meetFault(session, "quit")
  maildrop.mailbox.remove(new Set([...maildrop.deleted].map((message) => message.uid)))
  await meetFault(session, "committed")
  await say(session, "+OK Bye")
}

type Table = {
  readonly maildrop: Maildrop
  readonly argument: string | undefined
  readonly value: (message: StoredMessage) => string
}

async function table(session: Pop3Session, { maildrop, argument, value }: Table): Promise<void> {
  if (argument !== undefined) return say(session, `+OK ${argument} ${value(messageAt(maildrop, argument))}`)
  const rows = remaining(maildrop).map(({ number, message }) => `${number} ${value(message)}\r\n`)
  await session.talk.say(`+OK ${rows.length} messages\r\n${rows.join("")}.\r\n`)
}

/** UIDVALIDITY and UID in hex, as Dovecot makes it; kept once it was told, unless a fault wants otherwise. */
function uidlOf({ mailbox, messages }: Maildrop, message: StoredMessage, fault: Fault | undefined): string {
  const shared = fault?.sameFor !== undefined && messages.indexOf(message) < fault.sameFor
  const named = shared ? (messages[0] ?? message) : message
  if (named.uidl === undefined && fault?.reuse) {
    const freed = mailbox.freedUidls.shift()
    if (freed !== undefined) named.uidl = freed
  }
  named.uidl ??= [named.uid, mailbox.uidValidity].map((value) => value.toString(16).padStart(8, "0")).join("")
  return `${fault?.prefix ?? ""}${named.uidl}`
}

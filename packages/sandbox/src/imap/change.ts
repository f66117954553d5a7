import type { Mailbox, StoredMessage } from "../mailbox/mailbox.ts"
import { named } from "./named.ts"
import type { ImapCommand } from "./read-command.ts"
import { writeSequenceSet } from "./sequence-set.ts"
import {
  type CommandHandler,
  canonicalPath,
  type ImapSession,
  mailboxesOf,
  meetFault,
  needs,
  offers,
  openView,
  Refusal,
  say,
} from "./session.ts"
import { CommandSyntaxError, type Token, textOf } from "./tokens.ts"

/** STORE and UID STORE, with and without .SILENT. */
export const store: CommandHandler = async (session, command) => {
  const view = openView(session, "write")
  await meetFault(session, "store")
  const match = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(textOf(command.args[1]))
  if (!match) throw new CommandSyntaxError("expected FLAGS")
  const given = flagsOf(command.args.slice(2))
  for (const { message, number } of named(session, command)) {
    const next = new Set(match[1] === "" ? given : message.flags)
    if (match[1] === "+") for (const flag of given) next.add(flag)
    if (match[1] === "-") for (const flag of given) next.delete(flag)
    view.quietly(() => view.mailbox.changeFlags(message, next))
    if (!match[2]) await say(session, `* ${number} FETCH (UID ${message.uid} FLAGS (${[...next].join(" ")}))`)
  }
  return "Stored"
}

export const copy: CommandHandler = async (session, command) => {
  openView(session)
  await meetFault(session, "copy")
  const { target, messages } = destination(session, command)
  const made = messages.map((message) => addCopy(target, message))
  return `${copyUid(session, { target, messages, made })}Copied`
}

/** MOVE (RFC 6851): copies, then removes, in one step. */
export const move: CommandHandler = async (session, command) => {
  needs(session, "MOVE")
  const view = openView(session, "write")
  await meetFault(session, "move")
  const { target, messages } = destination(session, command)
  const made = messages.map((message) => addCopy(target, message))
  view.mailbox.remove(new Set(messages.map((message) => message.uid)))
  const code = copyUid(session, { target, messages, made })
  if (code) await say(session, `* OK ${code}Moved`)
  return "Moved"
}

/** Removes every message marked \Deleted, whoever marked it. */
export const expunge: CommandHandler = async (session) => {
  const view = openView(session, "write")
  await meetFault(session, "expunge")
  const deleted = view.mailbox.messages.filter((message) => message.flags.has("\\Deleted"))
  view.mailbox.remove(new Set(deleted.map((message) => message.uid)))
  return "Expunged"
}

/** UID EXPUNGE (RFC 4315): only of those named. */
export const uidExpunge: CommandHandler = async (session, command) => {
  needs(session, "UIDPLUS")
  const view = openView(session, "write")
  await meetFault(session, "expunge")
  const deleted = named(session, command).filter(({ message }) => message.flags.has("\\Deleted"))
  view.mailbox.remove(new Set(deleted.map(({ message }) => message.uid)))
  return "Expunged"
}

function destination(session: ImapSession, command: ImapCommand): { target: Mailbox; messages: StoredMessage[] } {
  const target = mailboxesOf(session).get(canonicalPath(textOf(command.args[1])))
  if (!target) throw new Refusal("[TRYCREATE] No such mailbox")
  return { target, messages: named(session, command).map(({ message }) => message) }
}

function addCopy(target: Mailbox, { content, internalDate, flags }: StoredMessage): StoredMessage {
  return target.add({ content, internalDate, flags })
}

type Copied = {
  readonly target: Mailbox
  readonly messages: readonly StoredMessage[]
  readonly made: readonly StoredMessage[]
}

function copyUid(session: ImapSession, { target, messages, made }: Copied): string {
  if (made.length === 0 || !offers(session, "UIDPLUS")) return ""
  const [from, to] = [messages, made].map((list) => writeSequenceSet(list.map((message) => message.uid)))
  return `[COPYUID ${target.uidValidity} ${from} ${to}] `
}

function flagsOf(tokens: readonly Token[]): string[] {
  return tokens
    .flatMap((token) => (token.kind === "list" ? token.items.map(textOf) : [textOf(token)]))
    .map(canonicalFlag)
}

/** System flags are compared without case; keywords stay as they are. */
function canonicalFlag(flag: string): string {
  const system = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"]
  return system.find((name) => name.toLowerCase() === flag.toLowerCase()) ?? flag
}

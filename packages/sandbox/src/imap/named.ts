import type { StoredMessage } from "../mailbox/mailbox.ts"
import type { ImapCommand } from "./read-command.ts"
import { readSequenceSet } from "./sequence-set.ts"
import { type ImapSession, openView } from "./session.ts"
import { textOf } from "./tokens.ts"

export type NamedMessage = { readonly message: StoredMessage; readonly number: number }

/**
 * The messages that the first argument names, by UID or by sequence number. In a UID set `*` is the last message,
 * so `5000:*` names it even when its UID is 3 (RFC 3501 §6.4.8; Dovecot and Cyrus do it).
 */
export function named(session: ImapSession, command: ImapCommand): NamedMessage[] {
  const { mailbox, messages } = openView(session)
  const set = textOf(command.args[0])
  const byUid = command.verb.startsWith("UID ")
  const all = messages.map((message, index) => ({ message, number: index + 1 }))
  const last = byUid ? (messages.at(-1)?.uid ?? 0) : messages.length
  const isNamed = readSequenceSet(set, last)
  const present = new Set(mailbox.messages)
  return all.filter(({ message, number }) => present.has(message) && isNamed(byUid ? message.uid : number))
}

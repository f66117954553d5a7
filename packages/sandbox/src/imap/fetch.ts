import { logLine } from "../connection/session-log.ts"
import type { Fault } from "../fault/fault.ts"
import { concerned } from "../fault/fault-board.ts"
import type { StoredMessage } from "../mailbox/mailbox.ts"
import { attributeValue } from "./attribute.ts"
import { type FetchItem, isBody, readFetchItems } from "./fetch-items.ts"
import { type NamedMessage, named } from "./named.ts"
import { sectionContent } from "./section.ts"
import { sendLiteral } from "./send-literal.ts"
import { type CommandHandler, type ImapSession, meetFault, needs, openView } from "./session.ts"
import type { MailboxView } from "./view.ts"

/** FETCH and UID FETCH. Bodies are streamed: the next piece waits until the client has taken the one before. */
export const fetch: CommandHandler = async (session, command) => {
  const view = openView(session)
  const items = withUid(readFetchItems(command.args[1]), command.verb)
  if (items.some(isObjectId)) needs(session, "OBJECTID")
  const entries = named(session, command)
  const uids = entries.map(({ message }) => message.uid)
  const fault = await meetFault(session, "fetch", { uids, bodies: items.some(isBody) })
  const affected = fault ? concerned(fault, uids) : new Set<number>()
  if (fault?.expunge) view.mailbox.remove(affected)
  const left = new Set(view.mailbox.messages)
  for (const entry of [...stray(view, fault, uids), ...entries]) {
    const struck = affected.has(entry.message.uid)
    if (!left.has(entry.message) || (struck && fault?.omit)) continue
    await sendRow(session, { entry, items, fault: struck ? fault : undefined })
  }
  return "Fetch completed"
}

type Row = { readonly entry: NamedMessage; readonly items: readonly FetchItem[]; readonly fault: Fault | undefined }

async function sendRow(session: ImapSession, { entry, items, fault }: Row): Promise<void> {
  const { message, number } = entry
  const { talk } = session
  const shown = marksSeen(session, message, items) ? withFlags(items) : items
  logLine(talk.record, "S", `* ${number} FETCH (UID ${message.uid} ...) of ${message.content.size} octets`)
  let before = `* ${number} FETCH (`
  for (const item of shown) {
    if (item.kind === "attribute") {
      const value = attributeValue(item.name, { message, fault })
      await talk.connection.write(Buffer.from(`${before}${item.name} ${value}`, "latin1"))
    } else {
      const part = sectionContent(message, item)
      await talk.connection.write(Buffer.from(before, "latin1"))
      await sendLiteral(talk.connection, { item, content: part, fault: isBody(item) ? fault : undefined })
    }
    before = " "
  }
  await talk.connection.write(")\r\n")
}

/** BODY[] without PEEK sets \Seen (RFC 3501 §6.4.5). */
function marksSeen(session: ImapSession, message: StoredMessage, items: readonly FetchItem[]): boolean {
  const view = openView(session)
  const reads = items.some((item) => item.kind === "section" && !item.peek)
  if (!reads || view.readOnly || message.flags.has("\\Seen")) return false
  view.quietly(() => view.mailbox.changeFlags(message, [...message.flags, "\\Seen"]))
  return true
}

function isObjectId(item: FetchItem): boolean {
  return item.kind === "attribute" && (item.name === "EMAILID" || item.name === "THREADID")
}

function withFlags(items: readonly FetchItem[]): readonly FetchItem[] {
  const has = items.some((item) => item.kind === "attribute" && item.name === "FLAGS")
  return has ? items : [...items, { kind: "attribute", name: "FLAGS" }]
}

function withUid(items: readonly FetchItem[], verb: string): readonly FetchItem[] {
  const has = items.some((item) => item.kind === "attribute" && item.name === "UID")
  return has || !verb.startsWith("UID ") ? items : [{ kind: "attribute", name: "UID" }, ...items]
}

/** The message just below those asked for, when a fault wants it told. */
function stray(view: MailboxView, fault: Fault | undefined, uids: readonly number[]): NamedMessage[] {
  if (!fault?.belowRange) return []
  const lowest = uids.reduce((low, uid) => Math.min(low, uid), Number.POSITIVE_INFINITY)
  const index = view.messages.findLastIndex((message) => message.uid < lowest)
  const message = view.messages[index]
  return message ? [{ message, number: index + 1 }] : []
}

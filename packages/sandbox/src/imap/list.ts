import type { Mailbox } from "../mailbox/mailbox.ts"
import { matchesWildcards } from "../wildcard.ts"
import { statusLine } from "./select.ts"
import { type CommandHandler, type ImapSession, mailboxesOf, meetFault, offers, say } from "./session.ts"
import { CommandSyntaxError, quote, type Token, textOf } from "./tokens.ts"

const maxPatternLength = 500
const maxPatterns = 100

type ListRequest = {
  readonly reference: string
  readonly patterns: readonly string[]
  readonly specialOnly: boolean
  readonly subscribed: boolean
  readonly statusItems: readonly string[] | undefined
}

/** LIST, plain and extended (RFC 5258, 5819, 6154). */
export const list: CommandHandler = async (session, { args }) => {
  await meetFault(session, "list")
  const request = readRequest(args)
  const { reference, patterns } = request
  if (patterns.every((pattern) => pattern === "") && !request.specialOnly) {
    await say(session, '* LIST (\\Noselect) "/" ""')
    return "List completed"
  }
  const matchers = patterns.map((pattern) => matcher(reference + pattern))
  for (const mailbox of mailboxesOf(session).values()) {
    if (request.specialOnly && mailbox.specialUse === undefined) continue
    if (!matchers.some((matches) => matches(mailbox.path))) continue
    await say(session, `* LIST (${attributes(session, mailbox, request).join(" ")}) "/" ${quote(mailbox.path)}`)
    if (request.statusItems) await say(session, statusLine(session, { mailbox, items: request.statusItems }))
  }
  return "List completed"
}

/** LSUB: every mailbox counts as subscribed. */
export const lsub: CommandHandler = async (session, { args }) => {
  await meetFault(session, "list")
  const matches = matcher(textOf(args[0]) + textOf(args[1]))
  for (const { path } of mailboxesOf(session).values())
    if (matches(path)) await say(session, `* LSUB () "/" ${quote(path)}`)
  return "Lsub completed"
}

function readRequest(args: readonly Token[]): ListRequest {
  const selection = args[0]?.kind === "list" ? args[0].items.map(textOf).map(upper) : []
  const [reference, pattern, word, options] = args[0]?.kind === "list" ? args.slice(1) : args
  if (!pattern) throw new CommandSyntaxError("expected a reference and a pattern")
  const returned = word && upper(textOf(word)) === "RETURN" && options?.kind === "list" ? options.items : []
  if (pattern.kind === "list" && pattern.items.length > maxPatterns) throw new CommandSyntaxError("too many patterns")
  const statusAt = returned.findIndex((item) => item.kind === "atom" && upper(item.text) === "STATUS")
  const items = statusAt < 0 ? undefined : returned[statusAt + 1]
  return {
    reference: textOf(reference),
    patterns: pattern.kind === "list" ? pattern.items.map(textOf) : [textOf(pattern)],
    subscribed:
      selection.includes("SUBSCRIBED") ||
      returned.some((item) => item.kind === "atom" && upper(item.text) === "SUBSCRIBED"),
    specialOnly: selection.includes("SPECIAL-USE"),
    statusItems: items?.kind === "list" ? items.items.map(textOf) : undefined,
  }
}

function attributes(session: ImapSession, mailbox: Mailbox, { subscribed }: ListRequest): string[] {
  const hasChildren = [...mailboxesOf(session).keys()].some((path) => path.startsWith(`${mailbox.path}/`))
  const special = mailbox.specialUse !== undefined && offers(session, "SPECIAL-USE") ? [mailbox.specialUse] : []
  return [hasChildren ? "\\HasChildren" : "\\HasNoChildren", ...(subscribed ? ["\\Subscribed"] : []), ...special]
}

/** `*` matches anything, `%` anything but the separator (RFC 3501 §6.3.8). */
const wildcards = { "*": { stops: "" }, "%": { stops: "/" } }

function matcher(pattern: string): (path: string) => boolean {
  if (pattern.length > maxPatternLength) throw new CommandSyntaxError("pattern too long")
  return (path) => matchesWildcards(path === "INBOX" ? upper(pattern) : pattern, path, wildcards)
}

function upper(text: string): string {
  return text.toUpperCase()
}

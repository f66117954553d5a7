import { concerned } from "../fault/fault-board.ts"
import { named } from "./named.ts"
import { readSearch } from "./search-keys.ts"
import { type CommandHandler, meetFault, openView, Refusal, say } from "./session.ts"
import { type Token, textOf } from "./tokens.ts"

/** SEARCH and UID SEARCH (RFC 3501 §6.4.4). */
export const search: CommandHandler = async (session, command) => {
  const view = openView(session)
  const byUid = command.verb.startsWith("UID ")
  const star: Token = { kind: "atom", text: "1:*" }
  const everything = named(session, { ...command, args: [star] })
  const uids = everything.map(({ message }) => message.uid)
  const fault = await meetFault(session, "search", { uids })
  const hidden = fault?.omit === "rows" ? concerned(fault, uids) : new Set<number>()
  const matches = readSearch(withoutCharset(command.args), {
    lastUid: view.messages.at(-1)?.uid ?? 0,
    lastNumber: view.messages.length,
  })
  const found = everything.filter((entry) => !hidden.has(entry.message.uid) && matches(entry))
  await say(session, `* SEARCH${found.map(({ message, number }) => ` ${byUid ? message.uid : number}`).join("")}`)
  return "Search completed"
}

function withoutCharset(args: readonly Token[]): readonly Token[] {
  const [first, charset, ...rest] = args
  if (first?.kind !== "atom" || first.text.toUpperCase() !== "CHARSET") return args
  if (!["UTF-8", "US-ASCII"].includes(textOf(charset).toUpperCase()))
    throw new Refusal("[BADCHARSET (UTF-8)] Unknown charset")
  return rest
}

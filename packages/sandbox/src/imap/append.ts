import { createContent } from "../message/content.ts"
import { readInternalDate } from "./internal-date.ts"
import { type CommandHandler, canonicalPath, mailboxesOf, meetFault, offers, Refusal } from "./session.ts"
import { CommandSyntaxError, itemsOf, textOf } from "./tokens.ts"

/** APPEND one message, with APPENDUID (RFC 4315). */
export const append: CommandHandler = async (session, { args }) => {
  const path = canonicalPath(textOf(args[0]))
  await meetFault(session, "append", { mailbox: path })
  const mailbox = mailboxesOf(session).get(path)
  if (!mailbox) throw new Refusal("[TRYCREATE] No such mailbox")
  const rest = args.slice(1)
  const flags = rest[0]?.kind === "list" ? itemsOf(rest.shift()).map(textOf) : []
  const date = rest.length > 1 ? readInternalDate(textOf(rest.shift())) : new Date(session.services.now())
  const [message, ...extra] = rest
  if (message?.kind !== "string" || extra.length > 0) throw new CommandSyntaxError("expected one literal")
  const { uid } = mailbox.add({ content: createContent(message.octets), internalDate: date, flags })
  return offers(session, "UIDPLUS") ? `[APPENDUID ${mailbox.uidValidity} ${uid}] Appended` : "Appended"
}

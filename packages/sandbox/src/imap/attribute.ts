import type { Fault } from "../fault/fault.ts"
import type { StoredMessage } from "../mailbox/mailbox.ts"
import { readHeaders } from "../message/headers.ts"
import { structureOf } from "../message/structure.ts"
import { bodyStructure } from "./body-structure.ts"
import { envelope } from "./envelope.ts"
import { writeInternalDate } from "./internal-date.ts"
import { CommandSyntaxError } from "./tokens.ts"

export type AttributeOf = { readonly message: StoredMessage; readonly fault: Fault | undefined }

/** The value of one FETCH attribute, as it is or as a fault wants it. */
export function attributeValue(name: string, { message, fault }: AttributeOf): string {
  if (name === "UID") return `${message.uid}`
  if (name === "FLAGS") return `(${[...message.flags].join(" ")})`
  if (name === "INTERNALDATE") return `"${writeInternalDate(message.internalDate)}"`
  if (name === "RFC822.SIZE") return `${fault?.sizeSays ?? message.content.size}`
  if (name === "ENVELOPE") return envelope(readHeaders(message.content))
  if (name === "BODY" || name === "BODYSTRUCTURE")
    return bodyStructure(structureOf(message.content), name === "BODYSTRUCTURE")
  if (name === "EMAILID") return `(${message.emailId()})`
  if (name === "THREADID") return "NIL"
  throw new CommandSyntaxError(`unknown fetch item ${name}`)
}

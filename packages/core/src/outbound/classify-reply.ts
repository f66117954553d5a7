import type { FaultClass, FaultStage, MailFault } from "../ports/mail-fault.ts"
import type { SendResult, SmtpReply } from "../ports/mail-sender.ts"
import type { Category } from "./message.ts"
import { type ReplyRow, replyTable } from "./reply-table.ts"

export interface Classification {
  outcome: "deferred" | "rejected"
  category: Category
  /** What the owner of the account can do, one sentence, or null. */
  advice: string | null
  /** The address is dead and goes onto the suppression list (mail-rules I5). */
  suppress: boolean
  /** It is about us, our settings or the route, never about the recipient (mail-rules I3, I4). */
  routeProblem: boolean
  /** The route's sending quota is used up: it waits 1 h, then 4 h (mail-rules I4). */
  quota: boolean
  /** Recipients with this answer go at once in a transaction of their own (mail-rules H4). */
  splitRest: boolean
}

export interface ReplyContext {
  /** Where the transaction ended. */
  stage: FaultStage
  /** "" is the null sender. */
  mailFrom: string
  fault: MailFault | null
  unsupported?: SendResult["unsupported"]
  /** The reply answered RCPT of this recipient alone; by default if the stage is `rcpt`. Without that nobody is suppressed. */
  atRcpt?: boolean
}

/**
 * What a recipient that was not accepted comes to (mail-rules I3 to I6). A reply decides alone; without one it is transient, unless the
 * server lacks what the mail needs. Pure.
 */
export function classifyReply(reply: SmtpReply | null, context: ReplyContext): Classification {
  if (reply === null) return context.unsupported === undefined ? withoutReply(context) : notOffered[context.unsupported]
  const row = rowFor(reply, context.mailFrom)
  if (row === undefined) return { ...transient, category: "unknown" }
  return {
    outcome: row.outcome ?? (reply.code >= 500 ? "rejected" : "deferred"),
    category: row.category,
    advice: row.advice ?? null,
    suppress: row.suppress === true && (context.atRcpt ?? context.stage === "rcpt"),
    routeProblem: row.routeProblem === true,
    quota: row.quota === true,
    splitRest: row.splitRest === true,
  }
}

/** The row of the table that decides. */
export const rowFor = (reply: SmtpReply, mailFrom: string): ReplyRow | undefined =>
  replyTable.find((row) => matches(row, reply, mailFrom))

function matches(row: ReplyRow, reply: SmtpReply, mailFrom: string): boolean {
  if (!row.codes.some((code) => String(reply.code).startsWith(code))) return false
  if (row.enhanced === null && reply.enhancedCode !== null) return false
  if (row.enhanced instanceof RegExp && !row.enhanced.test(reply.enhancedCode ?? "")) return false
  if (row.text === undefined) return true
  return row.text.test(reply.response) || (row.orQuotesSender === true && quotes(reply.response, mailFrom))
}

const quotes = (text: string, mailFrom: string): boolean =>
  mailFrom !== "" && text.toLowerCase().includes(mailFrom.toLowerCase())

const transient: Classification = {
  outcome: "deferred",
  category: "connection",
  advice: null,
  suppress: false,
  routeProblem: false,
  quota: false,
  splitRest: false,
}

const faultCategories: Record<FaultClass, Category> = {
  auth: "credentials",
  oauth: "credentials",
  dns: "connection",
  connect: "connection",
  tls: "tls",
  timeout: "connection",
  throttled: "rate_limited",
  too_many_connections: "rate_limited",
  protocol: "server_error",
  address_not_allowed: "connection",
}

const ownFaults = new Set<FaultClass>(["auth", "oauth", "address_not_allowed"])

function withoutReply({ fault }: ReplyContext): Classification {
  if (fault === null) return transient
  return {
    ...transient,
    category: faultCategories[fault.class],
    advice: fault.fix,
    routeProblem: fault.misconfigured || ownFaults.has(fault.class),
  }
}

/** The mail cannot go over this route; without another one it has failed (mail-rules H2). */
const lacking = (category: Category, advice: string): Classification => ({
  ...transient,
  outcome: "rejected",
  category,
  advice,
  routeProblem: true,
})

const notOffered: Record<NonNullable<SendResult["unsupported"]>, Classification> = {
  size: lacking("too_large", "The mail is larger than the server takes. Send less, or a link."),
  smtputf8: lacking(
    "smtputf8_unsupported",
    "The server takes no addresses with a non-ASCII local part. Use another route.",
  ),
  "8bitmime": lacking(
    "eight_bit_unsupported",
    "The server takes no 8-bit mail. Encode it as 7-bit, or use another route.",
  ),
}

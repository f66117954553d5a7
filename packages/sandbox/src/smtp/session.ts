import type { Talk } from "../connection/talk.ts"
import type { Fault, Stage } from "../fault/fault.ts"
import type { FaultContext } from "../fault/fault-board.ts"
import { fillReply, strike } from "../fault/strike.ts"
import type { Services } from "../services.ts"
import type { AcceptedRecipient } from "./ledger.ts"

export type Transaction = {
  readonly mailFrom: string
  readonly parameters: Readonly<Record<string, string>>
  readonly recipients: AcceptedRecipient[]
}

/** One SMTP client and what it has said so far. */
export type SmtpSession = {
  readonly services: Services
  readonly talk: Talk
  readonly authRequired: boolean
  helo?: string
  extended: boolean
  user?: string
  transaction?: Transaction
  done: boolean
}

/** Answers; without ENHANCEDSTATUSCODES the x.y.z is left out (RFC 2034). */
export function reply(session: SmtpSession, line: string): Promise<void> {
  const text = offers(session, "ENHANCEDSTATUSCODES") ? line : line.replace(/^(\d{3} )\d\.\d+\.\d+ /, "$1")
  return session.talk.say(`${text}\r\n`)
}

/** Whether the extension is neither switched off for good nor withheld just now. */
export function offers(session: SmtpSession, extension: string): boolean {
  const { services, talk } = session
  if (extension === "STARTTLS" && (!services.secureContext || talk.connection.secure)) return false
  return !services.withhold.smtp.includes(extension) && !services.faults.withheld("smtp").has(extension)
}

/** The fault for this stage, counted. */
export function takeFault(session: SmtpSession, stage: Stage<"smtp">, context: FaultContext = {}): Fault | undefined {
  const { user, transaction } = session
  return session.services.faults.take("smtp", stage, { user, sender: transaction?.mailFrom, ...context })
}

/** Answers with the reply of a fault, as it was written. A 421 closes the connection (RFC 5321 §3.8). */
export async function replyFault(session: SmtpSession, text: string, recipient?: string): Promise<void> {
  const { user, transaction } = session
  await session.talk.say(`${fillReply(text, { user, recipient, sender: transaction?.mailFrom })}\r\n`)
  if (text.startsWith("421")) session.done = true
}

/** True when a fault has answered instead of the command. */
export async function failsAt(session: SmtpSession, stage: Stage<"smtp">, context?: FaultContext): Promise<boolean> {
  const text = await strike(session.talk.connection, takeFault(session, stage, context))
  if (text === undefined) return false
  await replyFault(session, text, context?.recipient)
  return true
}

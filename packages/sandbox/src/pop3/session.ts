import type { Talk } from "../connection/talk.ts"
import type { Fault, Stage } from "../fault/fault.ts"
import type { FaultContext } from "../fault/fault-board.ts"
import { fillReply, strike } from "../fault/strike.ts"
import type { Mailbox, StoredMessage } from "../mailbox/mailbox.ts"
import type { Services } from "../services.ts"

/** One POP3 client. The maildrop is the INBOX as it was at login (RFC 1939 §3). */
export type Pop3Session = {
  readonly services: Services
  readonly talk: Talk
  /** From USER, until PASS. */
  claimed?: string
  maildrop?: Maildrop
  done: boolean
}

export type Maildrop = {
  readonly user: string
  readonly mailbox: Mailbox
  /** Message number n is at n - 1. */
  readonly messages: readonly StoredMessage[]
  readonly deleted: Set<StoredMessage>
}

/** A refused command: becomes -ERR and the session goes on. */
export class Pop3Refusal extends Error {
  override readonly name = "Pop3Refusal"
}

/** A fault answers instead of the command, in its own words. */
export class FaultAnswer extends Error {
  override readonly name = "FaultAnswer"
}

export function say(session: Pop3Session, line: string): Promise<void> {
  return session.talk.say(`${line}\r\n`)
}

/** Whether the capability is neither switched off for good nor withheld just now. */
export function offers(session: Pop3Session, capability: string): boolean {
  const { services, talk } = session
  if (capability === "STLS" && (!services.secureContext || talk.connection.secure)) return false
  return !services.withhold.pop3.includes(capability) && !services.faults.withheld("pop3").has(capability)
}

export function needs(session: Pop3Session, capability: string): void {
  if (!offers(session, capability)) throw new Pop3Refusal("Unknown command")
}

/** Takes the fault of this stage and does what all faults can do; a reply of the fault is thrown as the answer. */
export async function meetFault(
  session: Pop3Session,
  stage: Stage<"pop3">,
  context: FaultContext = {},
): Promise<Fault | undefined> {
  const user = session.maildrop?.user ?? session.claimed
  const fault = session.services.faults.take("pop3", stage, { user, ...context })
  const text = await strike(session.talk.connection, fault)
  if (text !== undefined) throw new FaultAnswer(fillReply(text, { user }))
  return fault
}

/** The message of that number; refuses when there is none or it is marked deleted. */
export function messageAt(maildrop: Maildrop, argument: string | undefined): StoredMessage {
  const number = /^\d{1,9}$/.test(argument ?? "") ? Number(argument) : 0
  const message = maildrop.messages[number - 1]
  if (!message || maildrop.deleted.has(message)) throw new Pop3Refusal("No such message")
  return message
}

/** The messages that are not marked deleted, with their numbers. */
export function remaining(maildrop: Maildrop): { number: number; message: StoredMessage }[] {
  return maildrop.messages
    .map((message, index) => ({ number: index + 1, message }))
    .filter(({ message }) => !maildrop.deleted.has(message))
}

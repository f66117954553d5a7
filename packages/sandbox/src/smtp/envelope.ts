import type { Fault } from "../fault/fault.ts"
import { fillReply, strike } from "../fault/strike.ts"
import { greylisted } from "./greylist.ts"
import { parsePath } from "./path.ts"
import { failsAt, offers, reply, replyFault, type SmtpSession, takeFault } from "./session.ts"

const mailParameters = [
  ["SIZE", "SIZE"],
  ["BODY", "8BITMIME"],
  ["SMTPUTF8", "SMTPUTF8"],
  ["RET", "DSN"],
  ["ENVID", "DSN"],
  ["AUTH", "AUTH"],
] as const

/** MAIL FROM with SIZE (RFC 1870), BODY (6152), SMTPUTF8 (6531), RET and ENVID (3461). */
export async function mail(session: SmtpSession, argument: string): Promise<void> {
  const { services } = session
  const allowed = mailParameters.filter(([, extension]) => session.extended && offers(session, extension))
  const path = parsePath(argument, { keyword: "FROM", parameters: new Set(allowed.map(([name]) => name)) })
  const sender = "address" in path ? path.address : undefined
  const refusal = await strike(session.talk.connection, takeFault(session, "mail", { sender }))
  if (refusal !== undefined)
    return replyFault(session, fillReply(refusal, { sender, user: session.user, recipient: "" }))
  if (!session.helo) return reply(session, "503 5.5.1 Say EHLO first")
  if (session.transaction) return reply(session, "503 5.5.1 Nested MAIL")
  if (session.authRequired && session.user === undefined) return reply(session, "530 5.7.0 Authentication required")
  if ("refusal" in path) return reply(session, path.refusal)
  const { address, parameters } = path
  if (needsUtf8(address) && !("SMTPUTF8" in parameters)) return reply(session, "553 5.6.7 Address needs SMTPUTF8")
  const flaw = parameterFlaw(parameters, services.maxMessageBytes)
  if (flaw) return reply(session, flaw)
  session.transaction = { mailFrom: address, parameters, recipients: [] }
  services.ledger.counts.mail += 1
  await reply(session, "250 2.1.0 Ok")
}

/** RCPT TO with NOTIFY and ORCPT (RFC 3461). */
export async function rcpt(session: SmtpSession, argument: string): Promise<void> {
  const { services, transaction } = session
  const parameters = new Set(session.extended && offers(session, "DSN") ? ["NOTIFY", "ORCPT"] : [])
  const path = parsePath(argument, { keyword: "TO", parameters })
  const recipient = "address" in path ? path.address : undefined
  const fault = takeFault(session, "rcpt", { recipient })
  if (transaction && recipient !== undefined && isGreylisted(session, fault, recipient)) {
    return reply(session, "451 4.7.1 Greylisted, try again later")
  }
  const refusal = await strike(session.talk.connection, fault)
  if (refusal !== undefined) return replyFault(session, refusal, recipient)
  if (!transaction) return reply(session, "503 5.5.1 Say MAIL first")
  if ("refusal" in path) return reply(session, path.refusal)
  const { address } = path
  if (needsUtf8(address) && !("SMTPUTF8" in transaction.parameters)) {
    return reply(session, "553 5.6.7 Address needs SMTPUTF8")
  }
  if (transaction.recipients.length >= services.smtp.maxRecipients)
    return reply(session, "452 4.5.3 Too many recipients")
  const mailbox = services.store.recipient(address)
  if (mailbox === undefined) return reply(session, "550 5.1.1 No such user here")
  transaction.recipients.push({ address, mailbox, parameters: path.parameters })
  await reply(session, "250 2.1.5 Ok")
}

/** Whether DATA may begin; answers when it may not. */
export async function mayBegin(session: SmtpSession): Promise<boolean> {
  if (await failsAt(session, "data")) return false
  if (!session.transaction) await reply(session, "503 5.5.1 Say MAIL first")
  else if (session.transaction.recipients.length === 0) await reply(session, "554 5.5.1 No valid recipients")
  else return true
  return false
}

function isGreylisted(session: SmtpSession, fault: Fault | undefined, recipient: string): boolean {
  if (!fault?.greylistSeconds) return false
  return greylisted(fault, { sender: session.transaction?.mailFrom ?? "", recipient, now: session.services.now() })
}

function parameterFlaw(parameters: Readonly<Record<string, string>>, maxMessageBytes: number): string | undefined {
  const { SIZE: size, BODY: body, RET: ret } = parameters
  if (size !== undefined && !/^\d{1,15}$/.test(size)) return "501 5.5.4 Bad SIZE"
  if (size !== undefined && Number(size) > maxMessageBytes) return "552 5.3.4 Message too big"
  if (body !== undefined && !/^(7BIT|8BITMIME)$/i.test(body)) return "501 5.5.4 Bad BODY"
  if (ret !== undefined && !/^(FULL|HDRS)$/i.test(ret)) return "501 5.5.4 Bad RET"
  return undefined
}

function needsUtf8(address: string): boolean {
  return Buffer.byteLength(address) !== address.length
}

import type { Fault } from "../fault/fault.ts"
import { strike } from "../fault/strike.ts"
import { failsAt, offers, reply, replyFault, type SmtpSession, takeFault } from "./session.ts"

/** EHLO with every extension that is offered just now. */
export async function ehlo(session: SmtpSession, argument: string): Promise<void> {
  const fault = takeFault(session, "ehlo")
  if (!(await begin(session, argument, fault))) return
  session.extended = true
  const size = fault?.sizeBytes ?? session.services.maxMessageBytes
  const lines = ["sandbox.demo.test", ...extensions(session, size)]
  await session.talk.say(lines.map((line, index) => `250${index < lines.length - 1 ? "-" : " "}${line}\r\n`).join(""))
}

export async function helo(session: SmtpSession, argument: string): Promise<void> {
  if (!(await begin(session, argument, takeFault(session, "ehlo")))) return
  session.extended = false
  await reply(session, "250 sandbox.demo.test")
}

/** STARTTLS (RFC 3207): all that was said before is forgotten. */
export async function startTls(session: SmtpSession): Promise<void> {
  const { secureContext } = session.services
  if (await failsAt(session, "starttls")) return
  if (!secureContext || !offers(session, "STARTTLS")) return reply(session, "502 5.5.1 STARTTLS not available")
  await reply(session, "220 2.0.0 Ready to start TLS")
  await session.talk.connection.startTls(secureContext)
  session.talk.record.secure = true
  delete session.helo
  delete session.user
  delete session.transaction
}

async function begin(session: SmtpSession, argument: string, fault: Fault | undefined): Promise<boolean> {
  const refusal = await strike(session.talk.connection, fault)
  if (refusal !== undefined) {
    await replyFault(session, refusal)
    return false
  }
  const name = argument.trim()
  if (!/^[^\s<>()]{1,255}$/.test(name)) {
    await reply(session, "501 5.5.4 Syntax: EHLO hostname")
    return false
  }
  session.helo = name
  delete session.transaction
  return true
}

function extensions(session: SmtpSession, size: number): string[] {
  const { services } = session
  const plain = ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "STARTTLS"]
  const offered = plain.filter((name) => offers(session, name))
  if (offers(session, "SIZE")) offered.push(`SIZE ${size}`)
  if (services.smtp.auth !== "none" && offers(session, "AUTH")) offered.push(`AUTH ${mechanisms(session).join(" ")}`)
  return [...offered, ...services.faults.announced("smtp")]
}

/** The SASL mechanisms offered just now. */
export function mechanisms(session: SmtpSession): string[] {
  return ["PLAIN", "LOGIN", "XOAUTH2"].filter((name) => offers(session, name))
}

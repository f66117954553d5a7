import type { Credentials, MailServer } from "@postrider/core/ports/mail-server"
import type { SMTPConnectionAuth, SMTPConnectionCustomAuthHandler } from "nodemailer/lib/smtp-connection"
import { protocolFault, SessionFault } from "./session-fault.ts"

/** Under a name of its own: asked for XOAUTH2, nodemailer would take the first mechanism offered, and send the token as a password. */
export const tokenMethod = "POSTRIDER-XOAUTH2"

/** In order; CRAM-MD5 only where nothing else is offered. One mechanism and one login a session (mail-rules F3). */
const passwordMechanisms = ["PLAIN", "LOGIN", "CRAM-MD5"]

/** What nodemailer logs in with. @throws SessionFault where the server offers no mechanism for these credentials. */
export function chooseLogin(server: MailServer, credentials: Credentials, offered: string[]): SMTPConnectionAuth {
  const usable = credentials.kind === "token" ? ["XOAUTH2"] : passwordMechanisms
  const method = usable.find((name) => offered.includes(name))
  if (method === undefined) throw new SessionFault(protocolFault("auth", missingFix(server, offered, usable)))
  const user = credentials.username
  return credentials.kind === "token"
    ? { method: tokenMethod, user, pass: credentials.accessToken }
    : { method, user, pass: credentials.password }
}

function missingFix(server: MailServer, offered: string[], usable: string[]): string {
  if (offered.length > 0)
    return `the server offers ${offered.slice(0, 8).join(", ")}, but not ${usable.join(", ")}; use other credentials`
  return server.security === "none"
    ? "the server offers no login without TLS; set security to starttls or tls, or leave the username out"
    : "the server offers no login; leave the username out, or use its submission port"
}

/** SASL XOAUTH2 in one try: nodemailer's own asks twice when it is refused. */
export const xoauth2: SMTPConnectionCustomAuthHandler = async (context) => {
  const { user, pass } = context.auth.credentials
  const token = Buffer.from(`user=${user}\u0001auth=Bearer ${pass}\u0001\u0001`).toString("base64")
  let { response } = await context.sendCommand(`AUTH XOAUTH2 ${token}`)
  // 334 carries the error as JSON; an empty answer asks for the final reply.
  if (response.startsWith("334")) response = (await context.sendCommand("")).response
  if (!response.startsWith("235")) throw new Error("XOAUTH2 refused")
}

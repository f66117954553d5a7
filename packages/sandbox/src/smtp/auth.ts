import { type Credentials, readSaslResponse, refusedToken, signIn } from "../connection/sasl.ts"
import { mechanisms } from "./hello.ts"
import { failsAt, offers, reply, type SmtpSession } from "./session.ts"

/** AUTH PLAIN, LOGIN and XOAUTH2 (RFC 4954), with and without initial response. */
export async function auth(session: SmtpSession, argument: string): Promise<void> {
  if (await failsAt(session, "auth")) return
  const [mechanism = "", initial] = argument.trim().split(/\s+/)
  const name = mechanism.toUpperCase()
  if (session.services.smtp.auth === "none" || !offers(session, "AUTH"))
    return reply(session, "502 5.5.1 AUTH not available")
  if (!session.helo) return reply(session, "503 5.5.1 Say EHLO first")
  if (session.user !== undefined || session.transaction) return reply(session, "503 5.5.1 Not now")
  if (!mechanisms(session).includes(name)) return reply(session, "504 5.5.4 Unknown mechanism")
  const credentials = name === "LOGIN" ? await hearLogin(session, initial) : await hearResponse(session, name, initial)
  if (credentials === "cancelled") return reply(session, "501 5.7.0 Cancelled")
  if (credentials === undefined) return reply(session, "501 5.5.2 Malformed response")
  const user = signIn(session.services.store, credentials)
  if (user === undefined) {
    if (name === "XOAUTH2") await ask(session, refusedToken)
    return reply(session, "535 5.7.8 Authentication credentials invalid")
  }
  session.user = user
  session.talk.record.user = user
  await reply(session, "235 2.7.0 Authentication successful")
}

type Heard = Credentials | "cancelled" | undefined

async function hearResponse(session: SmtpSession, mechanism: string, initial: string | undefined): Promise<Heard> {
  const response = initial ?? (await ask(session, ""))
  return response === "*" ? "cancelled" : readSaslResponse(mechanism, response === "=" ? "" : response)
}

async function hearLogin(session: SmtpSession, initial: string | undefined): Promise<Heard> {
  const name = initial ?? (await ask(session, Buffer.from("Username:").toString("base64")))
  if (name === "*") return "cancelled"
  const password = await ask(session, Buffer.from("Password:").toString("base64"))
  if (password === "*") return "cancelled"
  const [login, secret] = [name, password].map((one) => Buffer.from(one, "base64").toString("utf8"))
  return login && secret !== undefined ? { login, password: secret } : undefined
}

async function ask(session: SmtpSession, challenge: string): Promise<string> {
  await session.talk.say(`334 ${challenge}\r\n`)
  return (await session.talk.hear(() => "***")).toString("latin1").trim()
}

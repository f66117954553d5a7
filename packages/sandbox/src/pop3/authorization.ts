import { type Credentials, readSaslResponse, refusedToken, signIn } from "../connection/sasl.ts"
import { meetFault, needs, offers, Pop3Refusal, type Pop3Session, say } from "./session.ts"

const listed = ["TOP", "UIDL", "USER", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "STLS"]

/** CAPA (RFC 2449). */
export async function capa(session: Pop3Session): Promise<void> {
  await meetFault(session, "capa")
  const lines = [...listed.filter((name) => offers(session, name)), ...session.services.faults.announced("pop3")]
  if (offers(session, "SASL")) lines.push("SASL PLAIN XOAUTH2")
  await session.talk.say(["+OK Capabilities", ...lines, "IMPLEMENTATION Postrider-sandbox", ".\r\n"].join("\r\n"))
}

export async function user(session: Pop3Session, argument: string): Promise<void> {
  needs(session, "USER")
  if (argument === "") throw new Pop3Refusal("Expected a name")
  session.claimed = argument
  await say(session, "+OK Send PASS")
}

export async function pass(session: Pop3Session, argument: string): Promise<void> {
  const login = session.claimed
  if (login === undefined) throw new Pop3Refusal("Send USER first")
  await enter(session, { login, password: argument })
}

/** AUTH PLAIN and XOAUTH2, with initial response (RFC 5034) or without. */
export async function auth(session: Pop3Session, argument: string): Promise<void> {
  needs(session, "SASL")
  const [name = "", initial] = argument.split(" ")
  const mechanism = name.toUpperCase()
  if (mechanism !== "PLAIN" && mechanism !== "XOAUTH2") throw new Pop3Refusal("Unknown mechanism")
  const response = initial ?? (await ask(session, ""))
  if (response === "*") throw new Pop3Refusal("Cancelled")
  const credentials = readSaslResponse(mechanism, response === "=" ? "" : response)
  if (!credentials) throw new Pop3Refusal("Malformed response")
  session.claimed = credentials.login
  await enter(session, credentials)
}

/** STLS (RFC 2595 §4): what was said before is forgotten. */
export async function stls(session: Pop3Session): Promise<void> {
  await meetFault(session, "stls")
  needs(session, "STLS")
  const { secureContext } = session.services
  if (!secureContext) throw new Pop3Refusal("No certificate")
  await say(session, "+OK Begin TLS")
  await session.talk.connection.startTls(secureContext)
  session.talk.record.secure = true
  delete session.claimed
}

async function enter(session: Pop3Session, credentials: Credentials): Promise<void> {
  const fault = await meetFault(session, "login", { user: session.services.store.nameOf(credentials.login) })
  const name = signIn(session.services.store, credentials)
  if (name === undefined) {
    if (credentials.token !== undefined) await ask(session, refusedToken)
    throw new Pop3Refusal("[AUTH] Authentication failed")
  }
  const mailbox = session.services.store.ensure(name).get("INBOX")
  if (!mailbox) throw new Pop3Refusal("[SYS/PERM] No INBOX")
  const messages = fault?.reversed ? [...mailbox.messages].reverse() : [...mailbox.messages]
  session.maildrop = { user: name, mailbox, messages, deleted: new Set() }
  session.talk.record.user = name
  await say(session, `+OK ${messages.length} messages`)
}

async function ask(session: Pop3Session, challenge: string): Promise<string> {
  await say(session, `+ ${challenge}`)
  return (await session.talk.hear(() => "***")).toString("latin1").trim()
}

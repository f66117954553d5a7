import { readSaslResponse, refusedToken, signIn } from "../connection/sasl.ts"
import { capabilities } from "./capabilities.ts"
import { type CommandHandler, type ImapSession, meetFault, needs, Refusal, say } from "./session.ts"
import { CommandSyntaxError, textOf } from "./tokens.ts"

export const capability: CommandHandler = async (session) => {
  await meetFault(session, "capability")
  await say(session, `* CAPABILITY ${capabilities(session).join(" ")}`)
  return "Capability completed"
}

export const noop: CommandHandler = async () => "Completed"

export const logout: CommandHandler = async (session) => {
  session.done = true
  await meetFault(session, "logout")
  await say(session, "* BYE Logging out")
  return "Logout completed"
}

/** ID (RFC 2971). */
export const id: CommandHandler = async (session) => {
  needs(session, "ID")
  await say(session, '* ID ("name" "Postrider sandbox")')
  return "ID completed"
}

/** ENABLE (RFC 5161): there is nothing here that can be enabled. */
export const enable: CommandHandler = async (session) => {
  needs(session, "ENABLE")
  await say(session, "* ENABLED")
  return "Enabled"
}

/** STARTTLS: the tagged OK goes out in clear text, so it is sent here; what follows is already under TLS. */
export const startTls: CommandHandler = async (session, { tag }) => {
  await meetFault(session, "starttls")
  needs(session, "STARTTLS")
  const { secureContext } = session.services
  if (!secureContext) throw new Refusal("No certificate", "BAD")
  await say(session, `${tag} OK Begin TLS`)
  await session.talk.connection.startTls(secureContext)
  session.talk.record.secure = true
  return ""
}

export const login: CommandHandler = async (session, { args }) => {
  const [user, password] = [octetsOf(args[0]), octetsOf(args[1])]
  await meetFault(session, "login", { user: session.services.store.nameOf(user) })
  return admit(session, signIn(session.services.store, { login: user, password }))
}

/** AUTHENTICATE PLAIN and XOAUTH2, with SASL-IR (RFC 4959) or without. */
export const authenticate: CommandHandler = async (session, { args }) => {
  const mechanism = textOf(args[0]).toUpperCase()
  if (mechanism !== "PLAIN" && mechanism !== "XOAUTH2") throw new Refusal("[CANNOT] Unknown mechanism")
  needs(session, `AUTH=${mechanism}`)
  const response = args[1] ? textOf(args[1]) : await ask(session, "")
  if (response === "*") throw new Refusal("Cancelled", "BAD")
  const credentials = readSaslResponse(mechanism, response)
  if (!credentials) throw new CommandSyntaxError("malformed response")
  await meetFault(session, "login", { user: session.services.store.nameOf(credentials.login) })
  const user = signIn(session.services.store, credentials)
  if (user === undefined && mechanism === "XOAUTH2") await ask(session, refusedToken)
  return admit(session, user)
}

function admit(session: ImapSession, user: string | undefined): string {
  if (user === undefined) throw new Refusal("[AUTHENTICATIONFAILED] Authentication failed")
  session.user = user
  session.talk.record.user = user
  return `[CAPABILITY ${capabilities(session).join(" ")}] Logged in`
}

async function ask(session: ImapSession, challenge: string): Promise<string> {
  await say(session, `+ ${challenge}`)
  return (await session.talk.hear(() => "***")).toString("latin1").trim()
}

/** Names and passwords are UTF-8. */
function octetsOf(token: Parameters<typeof textOf>[0]): string {
  return Buffer.from(textOf(token), "latin1").toString("utf8")
}

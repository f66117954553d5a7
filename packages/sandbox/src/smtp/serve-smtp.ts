import type { Talk } from "../connection/talk.ts"
import { strike } from "../fault/strike.ts"
import type { Services } from "../services.ts"
import { auth } from "./auth.ts"
import { data } from "./data.ts"
import { mail, rcpt } from "./envelope.ts"
import { ehlo, helo, startTls } from "./hello.ts"
import { failsAt, reply, type SmtpSession, takeFault } from "./session.ts"

type Command = (session: SmtpSession, argument: string) => Promise<void>

const commands: Readonly<Record<string, Command>> = {
  EHLO: ehlo,
  HELO: helo,
  STARTTLS: startTls,
  AUTH: auth,
  MAIL: mail,
  RCPT: rcpt,
  DATA: data,
  async RSET(session) {
    delete session.transaction
    await reply(session, "250 2.0.0 Reset")
  },
  NOOP: (session) => reply(session, "250 2.0.0 Ok"),
  VRFY: (session) => reply(session, "252 2.5.2 Cannot verify, but will try"),
  async QUIT(session) {
    session.done = true
    if (!(await failsAt(session, "quit"))) await reply(session, "221 2.0.0 Bye")
  },
}

/** Serves one SMTP connection (RFC 5321) from the greeting to QUIT. */
export async function serveSmtp(services: Services, talk: Talk, authRequired: boolean): Promise<void> {
  const session: SmtpSession = { services, talk, authRequired, extended: false, done: false }
  services.ledger.counts.connections += 1
  const greeting = await strike(talk.connection, takeFault(session, "connect"))
  await talk.say(`${greeting ?? "220 sandbox.demo.test ESMTP Postrider sandbox"}\r\n`)
  if (greeting !== undefined && !greeting.startsWith("2")) return
  while (!session.done) {
    const line = (await talk.hear(maskAuth)).toString("utf8")
    const [verb = "", ...rest] = line.split(" ")
    const command = commands[verb.toUpperCase()]
    if (command) await command(session, rest.join(" "))
    else await reply(session, "500 5.5.2 Unknown command")
  }
}

function maskAuth(line: string): string {
  return line.replace(/^(AUTH \S+) .*/i, "$1 ***")
}

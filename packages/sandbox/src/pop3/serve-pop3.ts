import type { Talk } from "../connection/talk.ts"
import { strike } from "../fault/strike.ts"
import type { Services } from "../services.ts"
import { auth, capa, pass, stls, user } from "./authorization.ts"
import { dele, list, noop, quit, rset, stat, uidl } from "./maildrop.ts"
import { retr, top } from "./retrieve.ts"
import { FaultAnswer, type Maildrop, Pop3Refusal, type Pop3Session, say } from "./session.ts"

type Early = (session: Pop3Session, argument: string) => Promise<void>
type Late = (session: Pop3Session, maildrop: Maildrop, args: readonly string[]) => Promise<void>

const beforeLogin: Readonly<Record<string, Early>> = { CAPA: capa, USER: user, PASS: pass, AUTH: auth, STLS: stls }
const afterLogin: Readonly<Record<string, Late>> = {
  CAPA: (session) => capa(session),
  STAT: stat,
  LIST: list,
  UIDL: uidl,
  TOP: top,
  RETR: retr,
  DELE: dele,
  NOOP: noop,
  RSET: rset,
  QUIT: quit,
}

/** Serves one POP3 connection (RFC 1939) from the greeting to QUIT. */
export async function servePop3(services: Services, talk: Talk): Promise<void> {
  const session: Pop3Session = { services, talk, done: false }
  const greeting = await strike(talk.connection, services.faults.take("pop3", "connect"))
  await say(session, greeting ?? "+OK Postrider sandbox ready")
  if (greeting?.startsWith("-ERR")) return
  while (!session.done) {
    const line = (await talk.hear(maskSecret)).toString("utf8")
    await run(session, line)
  }
}

async function run(session: Pop3Session, line: string): Promise<void> {
  const space = line.indexOf(" ")
  const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase()
  const argument = space < 0 ? "" : line.slice(space + 1)
  try {
    await dispatch(session, verb, argument)
  } catch (error) {
    if (error instanceof FaultAnswer) await say(session, error.message)
    else if (error instanceof Pop3Refusal) await say(session, `-ERR ${error.message}`)
    else throw error
  }
}

async function dispatch(session: Pop3Session, verb: string, argument: string): Promise<void> {
  const { maildrop } = session
  if (maildrop) {
    const late = Object.hasOwn(afterLogin, verb) ? afterLogin[verb] : undefined
    if (!late) throw new Pop3Refusal("Unknown command")
    return late(session, maildrop, argument.split(" ").filter(Boolean))
  }
  if (verb === "QUIT") {
    session.done = true
    return say(session, "+OK Bye")
  }
  const early = Object.hasOwn(beforeLogin, verb) ? beforeLogin[verb] : undefined
  if (!early) throw new Pop3Refusal("Sign in first")
  return early(session, argument)
}

function maskSecret(line: string): string {
  return line.replace(/^PASS .*/i, "PASS ***").replace(/^(AUTH \S+) .*/i, "$1 ***")
}

import type { Talk } from "../connection/talk.ts"
import { fillReply, strike } from "../fault/strike.ts"
import type { Services } from "../services.ts"
import { append } from "./append.ts"
import { capabilities } from "./capabilities.ts"
import { copy, expunge, move, store, uidExpunge } from "./change.ts"
import { fetch } from "./fetch.ts"
import { closeMailbox, createFolder, deleteFolder, namespace, renameFolder, subscribe } from "./folders.ts"
import { authenticate, capability, enable, id, login, logout, noop, startTls } from "./hello.ts"
import { idle } from "./idle.ts"
import { list, lsub } from "./list.ts"
import { type ImapCommand, readCommand } from "./read-command.ts"
import { search } from "./search.ts"
import { examine, select, status, unselect } from "./select.ts"
import { type CommandHandler, type ImapSession, Refusal, say } from "./session.ts"
import { CommandSyntaxError } from "./tokens.ts"

const beforeLogin: Readonly<Record<string, CommandHandler>> = {
  CAPABILITY: capability,
  NOOP: noop,
  LOGOUT: logout,
  ID: id,
  STARTTLS: startTls,
  LOGIN: login,
  AUTHENTICATE: authenticate,
}

const afterLogin: Readonly<Record<string, CommandHandler>> = {
  CAPABILITY: capability,
  NOOP: noop,
  CHECK: noop,
  LOGOUT: logout,
  ID: id,
  ENABLE: enable,
  NAMESPACE: namespace,
  LIST: list,
  LSUB: lsub,
  STATUS: status,
  SELECT: select,
  EXAMINE: examine,
  UNSELECT: unselect,
  CLOSE: closeMailbox,
  CREATE: createFolder,
  DELETE: deleteFolder,
  RENAME: renameFolder,
  SUBSCRIBE: subscribe,
  UNSUBSCRIBE: subscribe,
  APPEND: append,
  IDLE: idle,
  FETCH: fetch,
  "UID FETCH": fetch,
  SEARCH: search,
  "UID SEARCH": search,
  STORE: store,
  "UID STORE": store,
  COPY: copy,
  "UID COPY": copy,
  MOVE: move,
  "UID MOVE": move,
  EXPUNGE: expunge,
  "UID EXPUNGE": uidExpunge,
}

/** While these run, no EXPUNGE may be sent: their sequence numbers would shift (RFC 3501 §7.4.1). */
const holdsNumbers = new Set(["FETCH", "STORE", "SEARCH"])

/** Serves one IMAP connection (IMAP4rev1, RFC 3501) from the greeting to LOGOUT. */
export async function serveImap(services: Services, talk: Talk): Promise<void> {
  const session: ImapSession = { services, talk, done: false }
  const greeting = await strike(talk.connection, services.faults.take("imap", "connect"))
  await say(session, `* ${greeting ?? `OK [CAPABILITY ${capabilities(session).join(" ")}] Postrider sandbox`}`)
  if (greeting !== undefined && !greeting.startsWith("OK")) return
  try {
    while (!session.done) {
      const command = await readCommand(talk, services.maxMessageBytes)
      if ("verb" in command) await run(session, command)
      else {
        await say(session, command.fatal ? `* BYE ${command.problem}` : `${command.tag} BAD ${command.problem}`)
        session.done = command.fatal
      }
    }
  } finally {
    session.view?.close()
  }
}

async function run(session: ImapSession, command: ImapCommand): Promise<void> {
  const answer = await answerOf(session, command)
  if (session.view && !holdsNumbers.has(command.verb))
    for (const line of session.view.update()) await say(session, line)
  if (answer !== undefined) await say(session, answer)
}

/** The tagged answer; undefined when the command has sent it itself. */
async function answerOf(session: ImapSession, command: ImapCommand): Promise<string | undefined> {
  const { tag, verb } = command
  const handlers = session.user === undefined ? beforeLogin : afterLogin
  const handler = Object.hasOwn(handlers, verb) ? handlers[verb] : undefined
  if (!handler) {
    const known = Object.hasOwn(beforeLogin, verb) || Object.hasOwn(afterLogin, verb)
    return `${tag} BAD ${known ? "Not now" : "Unknown command"}`
  }
  try {
    const text = await handler(session, command)
    return verb === "STARTTLS" ? undefined : `${tag} OK ${text}`
  } catch (error) {
    if (error instanceof CommandSyntaxError) return `${tag} BAD ${error.message}`
    if (!(error instanceof Refusal)) throw error
    if (error.status !== "BYE") return `${tag} ${error.status} ${error.message}`
    session.done = true
    return `* BYE ${fillReply(error.message, { user: session.user })}`
  }
}

import { RelayError } from "../error/relay-error.ts"
import { chooseMailboxes } from "../inbound/choose-mailboxes.ts"
import type { FaultStage, MailFault } from "../ports/mail-fault.ts"
import type { MailboxSession } from "../ports/mailbox-reader.ts"
import type { Ports } from "../ports/ports.ts"
import { showTls, type VerifyCheck } from "./verify-answer.ts"
import { describeFault, startCheck } from "./verify-check.ts"
import type { VerifyTarget } from "./verify-target.ts"

/** Logs in once; IMAP: SELECTs each mailbox; POP3: UIDL. Then whether the server can do what the settings ask (mail-rules N3, E2, D4). */
export async function verifyIntake(
  ports: Pick<Ports, "reader">,
  target: VerifyTarget & { protocol: "imap" | "pop3" },
  deadline: number,
): Promise<VerifyCheck> {
  const check = startCheck(target)
  let session: MailboxSession | undefined
  let stage: FaultStage = "connect"
  try {
    session = await ports.reader.open({ protocol: target.protocol, server: target.server, deadline })
    check.authenticated = true
    check.tls = showTls(session.tls)
    check.capabilities = [...session.capabilities]
    stage = "select"
    if (target.protocol === "imap") await selectAll(session, target)
    else await session.list()
    const unable = inability(session, target)
    return unable === null ? { ...check, ok: true, stage } : { ...check, stage, class: "protocol", fix: unable }
  } catch (error) {
    return describeFault(check, faultOf(error, stage))
  } finally {
    await session?.end()
  }
}

async function selectAll(session: MailboxSession, { mailboxes = ["INBOX"], moveTo }: VerifyTarget): Promise<void> {
  const wanted = moveTo == null ? mailboxes : [...mailboxes, moveTo]
  const { mailboxes: found, missing } = chooseMailboxes(await session.mailboxes(), wanted)
  // A server may open what it does not list: what is missing is selected all the same, to hear it from the server.
  const paths = [...found.map(({ path }) => path), ...missing.filter((name) => !isPattern(name))]
  for (const path of paths) await session.select(path)
  const absent = missing.find(isPattern)
  if (absent !== undefined) throw missingUse(absent)
}

const isPattern = (name: string): boolean => name === "*" || name.startsWith("@")

function missingUse(name: string): RelayError {
  const fix = `no mailbox is marked as ${name}; name it by its path`
  const fault = { ...blank("select"), class: "protocol" as const, fix, misconfigured: true }
  return new RelayError("provider/refused", "The mailbox was not found.", { fault })
}

function inability(session: MailboxSession, target: VerifyTarget): string | null {
  const has = (name: string) => session.capabilities.some((one) => one.toUpperCase() === name)
  const deletes = target.delete !== undefined && target.delete !== "never"
  if (target.protocol === "imap") {
    if (target.moveTo != null && !has("MOVE") && !has("UIDPLUS")) {
      return "the server has neither MOVE nor UIDPLUS; leave move_to out"
    }
    return deletes && !has("UIDPLUS") ? "the server has no UIDPLUS to delete single mails; set delete to never" : null
  }
  if (session.hasIds || target.delete === "at_once") return null
  return "the server has no UIDL to tell mails apart; set delete to after_store"
}

const faultOf = (error: unknown, stage: FaultStage): MailFault =>
  (error instanceof RelayError ? error.options.fault : undefined) ?? blank(stage)

const blank = (stage: FaultStage): MailFault => ({
  class: "connect",
  stage,
  code: null,
  enhancedCode: null,
  response: null,
  fix: null,
  misconfigured: false,
})

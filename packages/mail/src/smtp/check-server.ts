import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { SmtpCheck, SmtpReply } from "@postrider/core/ports/mail-sender"
import type { MailServer } from "@postrider/core/ports/mail-server"
import { checkPath, isAscii } from "./envelope.ts"
import { createInterrupt, type Interrupt, Interruption } from "./interrupt.ts"
import { isSession, openSession, type SessionOptions } from "./open-session.ts"
import type { Session } from "./session.ts"
import { connectionFault, replyFault, timeoutFault } from "./session-fault.ts"

interface CheckRequest {
  server: MailServer
  mailFrom: string
  /** Milliseconds since the epoch. */
  deadline: number
}

/** Connects, logs in, MAIL FROM, RSET, QUIT (mail-rules N3): the settings work, and the sender is allowed. No mail is sent. */
export async function checkServer(request: CheckRequest, options: SessionOptions): Promise<SmtpCheck> {
  checkPath(request.mailFrom)
  const opened = await openSession(request, options)
  if (!isSession(opened)) {
    const { fault, tls, ehlo } = opened
    return {
      ok: false,
      stage: fault.stage,
      tls,
      capabilities: ehlo?.capabilities ?? [],
      authenticated: false,
      response: fault.response,
      fault,
    }
  }
  const interrupt = createInterrupt(options.clock, request.deadline)
  try {
    return await askForSender(opened, { ...request, interrupt, commandMs: options.limits.commandMs })
  } finally {
    interrupt.end()
    opened.destroy()
  }
}

type Asked = CheckRequest & { interrupt: Interrupt; commandMs: number }

async function askForSender(session: Session, { mailFrom, interrupt, commandMs }: Asked): Promise<SmtpCheck> {
  const utf8 = !isAscii(mailFrom) && session.ehlo.offers.smtpUtf8 ? " SMTPUTF8" : ""
  const answer = async (line: string): Promise<SmtpReply | Interruption | null> => {
    interrupt.arm(commandMs)
    return interrupt.race(session.command(line)).catch(asInterruption)
  }
  const mail = await answer(`MAIL FROM:<${mailFrom}>${utf8}`)
  const result = checked(session, mail)
  if (result.fault !== null) return result
  const reset = await answer("RSET")
  interrupt.end()
  if (reset !== null && !(reset instanceof Interruption)) await session.quit(quitMs)
  return result
}

const quitMs = 2_000

function asInterruption(error: unknown): Interruption {
  if (error instanceof Interruption) return error
  throw error
}

function checked(session: Session, answer: SmtpReply | Interruption | null): SmtpCheck {
  const fault = answerFault(answer, session.server)
  const reply = answer instanceof Interruption ? null : answer
  return {
    ok: fault === null,
    stage: "mail",
    tls: session.tls,
    capabilities: session.ehlo.capabilities,
    authenticated: session.authenticated,
    response: reply?.response ?? null,
    fault,
  }
}

function answerFault(answer: SmtpReply | Interruption | null, server: MailServer): MailFault | null {
  if (answer instanceof Interruption) return timeoutFault("mail", server, answer.code)
  if (answer === null) return connectionFault(new Error("the connection ended"), "mail", server)
  return answer.code >= 200 && answer.code < 300 ? null : replyFault(answer, "mail", server)
}

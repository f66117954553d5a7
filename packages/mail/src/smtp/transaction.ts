import type { Clock } from "@postrider/core/ports/clock"
import type { SendRequest } from "@postrider/core/ports/mail-sender"
import type { SMTPEnvelope } from "nodemailer/lib/smtp-connection"
import { type BodyStream, createBodyStream } from "./body-stream.ts"
import { createEnvelope, isAscii } from "./envelope.ts"
import { createInterrupt, type Interrupt, Interruption } from "./interrupt.ts"
import type { SmtpLimits } from "./limits.ts"
import { readAnswers, type TransactionAnswers } from "./read-answers.ts"
import { recordReplies } from "./reply-recorder.ts"
import type { Session } from "./session.ts"
import { askForSmtpUtf8 } from "./smtputf8-parameter.ts"

/** What one transaction came to, before anything is made of it. */
export interface Transaction extends TransactionAnswers {
  /** Why it did not end by a reply. */
  failure: unknown
  interrupted: Interruption["code"] | null
  /** The caller's body failed. */
  bodyFailure: { error: unknown } | null
  serverMessageId: string | null
  /** Commands and replies are in step, and the session can serve again. */
  clean: boolean
}

export interface TransactionOptions {
  clock: Clock
  limits: SmtpLimits
}

/** MAIL, RCPT, DATA, body, dot on an open session (mail-rules H). The session is destroyed unless `clean`. */
export async function runTransaction(
  session: Session,
  request: SendRequest,
  options: TransactionOptions,
): Promise<Transaction> {
  const socket = session.connection._socket
  if (!socket) throw new Error("the session has no socket")
  const { limits } = options
  const recipients = request.recipients.length
  const interrupt = createInterrupt(options.clock, request.deadline, request.signal)
  const dot = { sent: false, early: false }
  const body = createBody(session, request, {
    ...options,
    interrupt,
    onDotSent: () => Object.assign(dot, { sent: true }),
  })
  const recorder = recordReplies(socket, (replies) => {
    interrupt.arm(limits.commandMs)
    if (replies === recipients + 3 && !body.dotQueued()) dot.early = true
  })
  interrupt.arm(limits.commandMs)
  session.messages++
  if (request.smtpUtf8 && envelopeIsAscii(request)) askForSmtpUtf8(socket)
  const envelope = createEnvelope(request, session.ehlo)
  const outcome = await interrupt.race(send(session, envelope, body)).catch(asFailure)
  recorder.stop()
  interrupt.end()
  const answers = readAnswers(recorder.replies(), { recipients, dotSent: dot.sent, early: dot.early })
  const clean = outcome.interrupted === null && session.alive() && inStep(answers, session)
  if (!clean) {
    session.destroy()
    body.stream.destroy()
  }
  return { ...answers, ...outcome, bodyFailure: body.failure(), clean }
}

interface BodyOptions extends TransactionOptions {
  interrupt: Interrupt
  onDotSent(): void
}

function createBody(session: Session, request: SendRequest, options: BodyOptions): BodyStream {
  const { clock, limits, interrupt, onDotSent } = options
  return createBodyStream(request.body(), {
    onProgress: () => interrupt.arm(limits.dataBlockMs),
    onDotQueued() {
      const socket = session.connection._socket
      if (!socket || socket.destroyed) return
      // An empty write is answered when all before it has left for the kernel, on TLS too.
      socket.write(new Uint8Array(0), (error) => {
        if (error) return
        onDotSent()
        interrupt.arm(Math.min(limits.dotMs, request.deadline - clock.now()))
      })
    },
  })
}

type SendOutcome = Pick<Transaction, "failure" | "interrupted" | "serverMessageId">

function send(session: Session, envelope: SMTPEnvelope, { stream }: BodyStream): Promise<SendOutcome> {
  return new Promise((resolve) => {
    session.connection.send(envelope, stream, (error, info) => {
      const failure: unknown = error ?? null
      const serverMessageId = failure === null ? (info.serverMessageId ?? null) : null
      resolve({ failure, interrupted: null, serverMessageId })
    })
  })
}

function asFailure(error: unknown): SendOutcome {
  const interrupted = error instanceof Interruption ? error.code : null
  return { failure: error, interrupted, serverMessageId: null }
}

/** Every command was answered as it should be, once, and no 421 among them. */
function inStep({ end, stage, replies, rcpt, early }: TransactionAnswers, session: Session): boolean {
  if (end === null || early || end.code === 421 || end.code < 200 || end.code > 599) return false
  if (stage === "dot") return replies === rcpt.length + 3 && (end.code < 300 || end.code >= 400)
  if (session.ehlo.offers.pipelining) return replies === rcpt.length + 2
  return replies === { mail: 1, rcpt: rcpt.length + 1 }[stage as string] || stage === "data"
}

const envelopeIsAscii = (request: SendRequest): boolean =>
  [request.mailFrom, ...request.recipients.map((recipient) => recipient.address)].every(isAscii)

import type { Clock } from "@postrider/core/ports/clock"
import type { FaultStage } from "@postrider/core/ports/mail-fault"
import type { SendRequest } from "@postrider/core/ports/mail-sender"
import type { SMTPConnectionSendInfo } from "nodemailer/lib/smtp-connection"
import { createBodyStream } from "./body-stream.ts"
import { createEnvelope, type EnvelopeRecord, isAscii } from "./envelope.ts"
import { createInterrupt, Interruption } from "./interrupt.ts"
import type { SmtpLimits } from "./limits.ts"
import type { Session } from "./session.ts"
import { askForSmtpUtf8 } from "./smtputf8-parameter.ts"

/** What one transaction came to, before anything is made of it. */
export interface Transaction {
  /** The command, or part of the data, that was answered last or waited for an answer. */
  stage: FaultStage
  envelope: EnvelopeRecord
  /** Set when the server took the mail. */
  info: SMTPConnectionSendInfo | null
  /** Reply that ended it otherwise, as it came. */
  refusal: string | null
  /** The connection failed, or we ended it. */
  failure: unknown
  interrupted: Interruption["code"] | null
  /** The final dot can have reached the server. */
  dotSent: boolean
  /** The server answered the mail before it had all of it. */
  early: boolean
  /** The caller's body failed. */
  bodyFailure: { error: unknown } | null
  /** Replies in step with commands, and nothing is left in between. */
  clean: boolean
}

/** MAIL, RCPT, DATA, body, dot on an open session (mail-rules H). Leaves the session destroyed unless `clean`. */
export async function runTransaction(
  session: Session,
  request: SendRequest,
  { clock, limits }: { clock: Clock; limits: SmtpLimits },
): Promise<Transaction> {
  const { connection, transcript } = session
  const interrupt = createInterrupt(clock, request.deadline, request.signal)
  const envelope = createEnvelope(request, session.ehlo)
  const before = transcript.replies
  let dotSent = false
  const body = createBodyStream(request.body(), {
    onProgress: () => interrupt.arm(limits.dataBlockMs),
    onDotQueued: () => {
      const socket = connection._socket
      if (!socket) return
      // An empty write is answered when all before it has left for the kernel, on TLS too.
      socket.write(new Uint8Array(0), (error) => {
        if (error) return
        dotSent = true
        interrupt.arm(Math.min(limits.dotMs, request.deadline - clock.now()))
      })
    },
  })
  transcript.onReply = () => interrupt.arm(limits.commandMs)
  interrupt.arm(limits.commandMs)
  session.messages++
  if (request.smtpUtf8 && connection._socket && envelopeIsAscii(request)) askForSmtpUtf8(connection._socket)
  const outcome = await interrupt.race(send(session, envelope, body.stream)).catch(asFailure)
  transcript.onReply = () => {}
  interrupt.end()
  const replied = outcome.info !== null || outcome.refusal !== null
  const replies = transcript.replies - before
  const reachedDot = body.dotQueued() && (dotSent || replied)
  const stage = stageOf({ replies, replied, reachedDot, envelope, recipients: request.recipients.length })
  const clean =
    replied && session.alive() && (stage === "dot" || replies <= request.recipients.length + 2) && !outcome.closing
  if (!clean) {
    session.destroy()
    body.stream.destroy()
  }
  return {
    ...outcome,
    stage,
    envelope,
    dotSent: reachedDot,
    early: stage === "body" && replied,
    bodyFailure: body.failure(),
    clean,
  }
}

interface SendOutcome extends Pick<Transaction, "info" | "refusal" | "failure" | "interrupted"> {
  closing: boolean
}

function send(
  session: Session,
  envelope: EnvelopeRecord,
  body: NodeJS.ReadableStream & { destroy(): unknown },
): Promise<SendOutcome> {
  return new Promise((resolve) => {
    session.connection.send(envelope, body as Parameters<typeof session.connection.send>[1], (error, info) => {
      const closing = error?.code === "ECONNECTION" || session.transcript.lastReply?.startsWith("421") === true
      const outcome = { refusal: null, failure: null, interrupted: null, info: null, closing }
      if (error === null || error === undefined) return resolve({ ...outcome, info })
      const refusal = (envelope.mailError ?? error).response ?? null
      resolve({ ...outcome, refusal, failure: refusal === null ? error : null })
    })
  })
}

function asFailure(error: unknown): SendOutcome {
  const interrupted = error instanceof Interruption ? error.code : null
  return { info: null, refusal: null, failure: error, interrupted, closing: true }
}

const envelopeIsAscii = (request: SendRequest): boolean =>
  [request.mailFrom, ...request.recipients.map((recipient) => recipient.address)].every(isAscii)

interface Progress {
  /** Replies since before MAIL. */
  replies: number
  /** The last reply ended the transaction; else one was waited for. */
  replied: boolean
  reachedDot: boolean
  envelope: EnvelopeRecord
  recipients: number
}

/** With and without PIPELINING replies come in the order MAIL, each RCPT, DATA, dot (RFC 2920 section 3.1). */
function stageOf({ replies, replied, reachedDot, envelope, recipients }: Progress): FaultStage {
  if (envelope.mailError !== undefined) return "mail"
  const allRefused = (envelope.rejectedErrors?.length ?? 0) === recipients
  if (allRefused) return "rcpt"
  const asked = replied ? replies - 1 : replies
  if (asked <= 0) return "mail"
  if (asked <= recipients) return "rcpt"
  if (asked === recipients + 1) return "data"
  return reachedDot ? "dot" : "body"
}

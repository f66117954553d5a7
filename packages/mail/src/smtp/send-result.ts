import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { SendRequest, SendResult } from "@postrider/core/ports/mail-sender"
import type { OpenFailure } from "./open-session.ts"
import { recipientResults } from "./recipient-results.ts"
import type { Session } from "./session.ts"
import { connectionFault, protocolFault, replyFault, timeoutFault } from "./session-fault.ts"
import type { Transaction } from "./transaction.ts"

type Result = Omit<SendResult, "durationMs">

/** No session came about, or none was free in time: nothing was said of the mail. */
export function notOpened(request: SendRequest, failure: OpenFailure): Result {
  return {
    ...untouched(request, failure.fault.stage, failure.fault),
    offers: failure.ehlo?.offers ?? null,
    tls: failure.tls,
  }
}

/** Not begun, because no connection came free in time, or too little time was left for it (mail-rules H6). The server is not at fault. */
export function noTime(request: SendRequest, session: Session | null): Result {
  return {
    ...untouched(request, session === null ? "connect" : "mail", null),
    offers: session?.ehlo.offers ?? null,
    tls: session?.tls ?? null,
  }
}

/** The server lacks what the mail needs (mail-rules H2); undefined when it lacks nothing. */
export function unsupported(request: SendRequest, session: Session): Result | undefined {
  const missing = missingExtension(request, session)
  if (missing === undefined) return undefined
  const result = untouched(request, "capability", null)
  return {
    ...result,
    recipients: result.recipients.map((recipient) => ({ ...recipient, outcome: "rejected" })),
    offers: session.ehlo.offers,
    tls: session.tls,
    unsupported: missing,
  }
}

function missingExtension(request: SendRequest, { ehlo: { offers } }: Session): SendResult["unsupported"] {
  if (request.smtpUtf8 && !offers.smtpUtf8) return "smtputf8"
  if (request.eightBit && !offers.eightBitMime) return "8bitmime"
  return offers.size !== null && request.size > offers.size ? "size" : undefined
}

export function transacted(request: SendRequest, session: Session, transaction: Transaction): Result {
  const { offers } = session.ehlo
  const { stage, end, serverMessageId } = transaction
  return {
    stage,
    recipients: recipientResults(request, transaction),
    reply: end,
    fault: transactionFault(request, transaction),
    offers,
    dsn: offers.dsn ? "requested" : "unsupported",
    tls: session.tls,
    serverMessageId: stage === "dot" ? serverMessageId : null,
  }
}

/** Of the session; a plain refusal of the mail is none. */
function transactionFault({ server }: SendRequest, transaction: Transaction): MailFault | null {
  const { stage, interrupted, failure, early, end } = transaction
  if (interrupted !== null) return timeoutFault(stage, server, interrupted)
  if (end === null) return unreadable(failure, stage) ?? connectionFault(failure, stage, server)
  if (end.code === 421) return replyFault(end, stage, server)
  const refusal = end.code >= 400 && end.code < 600
  const acceptance = end.code >= 200 && end.code < 300 && stage === "dot"
  return refusal || (acceptance && !early) ? null : protocolFault(stage, null, end)
}

/** nodemailer ends the session for a reply it did not expect or could not hold. */
function unreadable(failure: unknown, stage: FaultStage): MailFault | null {
  const code = typeof failure === "object" && failure !== null && "code" in failure ? failure.code : null
  return code === "EPROTOCOL" ? protocolFault(stage, null) : null
}

function untouched(request: SendRequest, stage: FaultStage, fault: MailFault | null): Result {
  return {
    stage,
    recipients: request.recipients.map(({ address }) => ({ address, outcome: "deferred", reply: null })),
    reply: null,
    fault,
    offers: null,
    dsn: null,
    tls: null,
    serverMessageId: null,
  }
}

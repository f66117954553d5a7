import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { SendRequest, SendResult, SmtpReply } from "@postrider/core/ports/mail-sender"
import type { OpenFailure } from "./open-session.ts"
import { recipientResults } from "./recipient-results.ts"
import { parseReply } from "./reply.ts"
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
  const reply = parseReply(transaction.info?.response ?? transaction.refusal)
  return {
    stage: transaction.stage,
    recipients: recipientResults(request, transaction, reply),
    reply,
    fault: transactionFault(request, transaction, reply),
    offers,
    dsn: offers.dsn ? "requested" : "unsupported",
    tls: session.tls,
    serverMessageId: transaction.early ? null : (transaction.info?.serverMessageId ?? null),
  }
}

/** Of the session; a plain refusal of the mail is none. */
function transactionFault(
  { server }: SendRequest,
  transaction: Transaction,
  reply: SmtpReply | null,
): MailFault | null {
  const { stage, interrupted, failure, early } = transaction
  if (interrupted !== null) return timeoutFault(stage, server, interrupted)
  if (failure !== null) return unreadable(failure, stage) ?? connectionFault(failure, stage, server)
  if (reply?.code === 421) return replyFault(reply, stage, server)
  if (reply === null || (early && transaction.info !== null) || oddCode(reply))
    return { ...protocolFault(stage, null, reply) }
  return null
}

/** nodemailer ends the session for a reply it did not expect or could not hold. */
function unreadable(failure: unknown, stage: FaultStage): MailFault | null {
  const code = typeof failure === "object" && failure !== null && "code" in failure ? failure.code : null
  return code === "EPROTOCOL" ? protocolFault(stage, null) : null
}

const oddCode = (reply: SmtpReply): boolean =>
  reply.code < 200 || (reply.code >= 300 && reply.code < 400) || reply.code > 599

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

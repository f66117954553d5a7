import type { RecipientOutcome, RecipientResult, SendRequest, SmtpReply } from "@postrider/core/ports/mail-sender"
import { parseReply } from "./reply.ts"
import type { Transaction } from "./transaction.ts"

/**
 * What each recipient got, in the order of the request (mail-rules H5, I2, I6). `end`, the reply that ended the transaction, is the very object
 * for those it decided. Pure.
 */
export function recipientResults(
  request: SendRequest,
  transaction: Transaction,
  end: SmtpReply | null,
): RecipientResult[] {
  const { envelope } = transaction
  const refused = new Map((envelope.rejectedErrors ?? []).map((error) => [error.recipient, parseReply(error.response)]))
  const accepted = new Set(envelope.accepted)
  return request.recipients.map(({ address }) => {
    if (envelope.mailError !== undefined) return { address, outcome: byReply(end), reply: end }
    const own = refused.get(address)
    if (own !== undefined) return { address, outcome: byReply(own), reply: own }
    if (accepted.has(address)) return { address, outcome: forAccepted(transaction, end), reply: end }
    // Not answered: whatever ended the session was no answer about this recipient.
    return { address, outcome: "deferred", reply: end?.code === 421 ? end : null }
  })
}

/** Of a recipient whose RCPT was accepted. */
function forAccepted(transaction: Transaction, end: SmtpReply | null): RecipientOutcome {
  // A reply to half a mail that is no refusal promises nothing, and may be taken for one of a whole mail by the server.
  if (transaction.early && !isRefusal(end)) return "unknown"
  if (transaction.info !== null) return "accepted"
  if (isRefusal(end)) return byReply(end)
  return transaction.dotSent ? "unknown" : "deferred"
}

const isRefusal = (reply: SmtpReply | null): boolean => reply !== null && reply.code >= 400 && reply.code < 600

/** 503 speaks of the session, not of the recipient (mail-rules I6); a refusal without a code of its own is never permanent. */
function byReply(reply: SmtpReply | null): RecipientOutcome {
  return reply !== null && reply.code >= 500 && reply.code < 600 && reply.code !== 503 ? "rejected" : "deferred"
}

import type { RecipientOutcome, RecipientResult, SendRequest, SmtpReply } from "@postrider/core/ports/mail-sender"
import type { TransactionAnswers } from "./read-answers.ts"

/**
 * What each recipient got, in the order of the request (mail-rules H5, I2, I6). The reply that ended the transaction is the very object for those it
 * decided. Pure.
 */
export function recipientResults(request: SendRequest, answers: TransactionAnswers): RecipientResult[] {
  const { end, stage } = answers
  return request.recipients.map(({ address }, index) => {
    if (stage === "mail" && end !== null) return { address, outcome: byReply(end), reply: end }
    const own = answers.rcpt[index] ?? null
    // Not answered: whatever ended the session was no answer about this recipient.
    if (own === null) return { address, outcome: "deferred", reply: end?.code === 421 ? end : null }
    if (own.code < 200 || own.code >= 300) return { address, outcome: byReply(own), reply: own }
    return { address, outcome: forAccepted(answers), reply: end }
  })
}

/** Of a recipient whose RCPT was accepted. */
function forAccepted({ end, dotSent, early }: TransactionAnswers): RecipientOutcome {
  if (end !== null && end.code >= 400 && end.code < 600) return byReply(end)
  // A reply to half a mail that is no refusal promises nothing, and may be taken for one of a whole mail by the server.
  if (early) return "unknown"
  if (end !== null && end.code >= 200 && end.code < 300) return "accepted"
  return dotSent ? "unknown" : "deferred"
}

/** 503 speaks of the session, not of the recipient (mail-rules I6). */
function byReply({ code }: SmtpReply): RecipientOutcome {
  return code >= 500 && code < 600 && code !== 503 ? "rejected" : "deferred"
}

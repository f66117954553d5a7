import type { FaultStage } from "@postrider/core/ports/mail-fault"
import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import { replyOf } from "./reply.ts"

/** Replies put to the commands they answer. */
export interface TransactionAnswers {
  /** The command, or part of the data, that was answered last or waited for an answer. */
  stage: FaultStage
  /** How many replies came. */
  replies: number
  mail: SmtpReply | null
  /** To RCPT, in order; null where none came. */
  rcpt: (SmtpReply | null)[]
  /** The reply that ended the transaction; null where it ended without. */
  end: SmtpReply | null
  /** The final dot can have reached the server. */
  dotSent: boolean
  /** The mail was answered before the server had all of it. */
  early: boolean
}

interface Facts {
  recipients: number
  dotSent: boolean
  early: boolean
}

/** With and without PIPELINING replies come in the order MAIL, each RCPT, DATA, dot (RFC 5321 section 4.1.4, RFC 2920 section 3.1). Pure. */
export function readAnswers(texts: string[], facts: Facts): TransactionAnswers {
  const replies = texts.map(replyOf)
  const [mail = null] = replies
  const rcpt = Array.from({ length: facts.recipients }, (_, index) => replies[index + 1] ?? null)
  const place = ending(replies, facts)
  const stage = stageOf(place ?? Math.min(replies.length, facts.recipients + 2), facts)
  const end = place === null ? null : (replies[place] ?? null)
  return { stage, replies: replies.length, mail, rcpt, end, dotSent: facts.dotSent, early: facts.early }
}

/** Which reply ended the transaction; null where the session ended before one did. */
function ending(replies: SmtpReply[], facts: Facts): number | null {
  const data = facts.recipients + 1
  const mail = replies[0]
  if (mail !== undefined && !isPositive(mail)) return 0
  const answered = replies.slice(1, data)
  const closing = replies.findIndex((reply) => reply.code === 421)
  if (closing >= 0 && closing < data) return closing
  if (answered.length === facts.recipients && !answered.some(isPositive)) return data - 1
  const go = replies[data]
  if (go !== undefined && !isPositive(go) && !isIntermediate(go)) return data
  return replies[data + 1] === undefined ? null : data + 1
}

function stageOf(place: number, { recipients, dotSent, early }: Facts): FaultStage {
  if (place === 0) return "mail"
  if (place <= recipients) return "rcpt"
  if (place === recipients + 1) return "data"
  return early || !dotSent ? "body" : "dot"
}

const isPositive = (reply: SmtpReply): boolean => reply.code >= 200 && reply.code < 300
const isIntermediate = (reply: SmtpReply): boolean => reply.code >= 300 && reply.code < 400

import type { SmtpRoute } from "../account/account.ts"
import type { RecipientResult, SendResult } from "../ports/mail-sender.ts"
import { type Classification, classifyReply } from "./classify-reply.ts"
import type { Attempt, AttemptRecipient, Recipient } from "./message.ts"
import { isOpen, type Note, type OutboundState } from "./state.ts"

export interface AttemptFacts {
  route: SmtpRoute
  result: SendResult
  startedAt: number
  now: number
}

/** What one transaction taught, beside the new state. */
export interface Applied {
  state: OutboundState
  /** Some recipients may be tried at once, on a new transaction or connection (452 4.5.3, 503). */
  again: boolean
  /** Of the first deferred recipient, for the schedule. */
  deferral: Classification | null
}

/**
 * Adds an attempt and moves the recipients it was about. Only open recipients move: an answer that comes late, or twice, never
 * takes back what was settled.
 */
export function applyResult(state: OutboundState, facts: AttemptFacts): Applied {
  // Not the length of the list: the oldest attempts of a long story are dropped.
  const number = state.message.attempts + 1
  const { result, now } = facts
  const judged = result.recipients.map((r) => judge(r, state, result))
  const attempt = attemptOf(number, facts, judged)
  const byAddress = new Map(judged.map((j) => [j.address, j]))
  const at = new Date(now).toISOString()
  const recipients = state.message.recipients.map((r) => {
    const found = byAddress.get(r.address)
    return found === undefined || !isOpen(r) ? r : moved(r, found, at)
  })
  const deferred = judged.filter((j) => j.outcome === "deferred")
  const told = new Set(judged.map((j) => j.address))
  const doubtful = new Set(judged.filter((j) => j.outcome === "unknown").map((j) => j.address))
  const before = new Set(state.unknown)
  const unknown = recipients.flatMap(({ address, status }, place) => {
    const open = status === "queued" || status === "deferred"
    return open && (doubtful.has(address) || (before.has(place) && !told.has(address))) ? [place] : []
  })
  return {
    state: {
      ...state,
      unknown,
      // Null asks the plan for a new time.
      unknownDue: doubtful.size > 0 ? null : state.unknownDue,
      restDue: deferred.length > 0 ? null : state.restDue,
      attempts: [...state.attempts, attempt],
      announce: [...state.announce, ...notesOf(state, recipients, { number, now })],
      message: {
        ...state.message,
        recipients,
        attempts: number,
        updated_at: at,
        server_message_id: result.serverMessageId ?? state.message.server_message_id,
      },
    },
    // Only while it gets somewhere: a server that takes nobody and always asks for less would be asked for ever.
    again: deferred.some((j) => j.classification.splitRest) && judged.some((j) => j.outcome === "accepted"),
    deferral: deferred[0]?.classification ?? null,
  }
}

interface Judged extends RecipientResult {
  classification: Classification
}

function judge(recipient: RecipientResult, state: OutboundState, result: SendResult): Judged {
  const classification = classifyReply(recipient.reply, {
    stage: result.stage,
    mailFrom: state.mailFrom,
    fault: result.fault,
    // The sender hands the ending reply, the same object, to all it decided; any other one answered RCPT.
    atRcpt: result.stage === "rcpt" || recipient.reply !== result.reply,
    ...(result.unsupported === undefined ? {} : { unsupported: result.unsupported }),
  })
  const outcome =
    recipient.outcome === "accepted" || recipient.outcome === "unknown" ? recipient.outcome : classification.outcome
  return { ...recipient, outcome, classification }
}

/** `unknown` leaves a recipient open: whether it is tried again is a matter of the schedule (mail-rules I2). */
function moved(recipient: Recipient, judged: Judged, at: string): Recipient {
  const { outcome, classification, reply } = judged
  const status = outcome === "accepted" ? "sent" : outcome === "rejected" ? "failed" : "deferred"
  return {
    address: recipient.address,
    status,
    category: outcome === "accepted" ? null : outcome === "unknown" ? "connection" : classification.category,
    code: reply?.code ?? null,
    enhanced_code: reply?.enhancedCode ?? null,
    response: reply?.response ?? null,
    at,
  }
}

function attemptOf(number: number, { route, result, startedAt }: AttemptFacts, judged: Judged[]): Attempt {
  return {
    number,
    at: new Date(startedAt).toISOString(),
    route: route.name,
    host: route.host,
    port: route.port,
    tls: result.tls,
    stage: result.stage,
    outcome: outcomeOf(judged),
    code: result.reply?.code ?? null,
    enhanced_code: result.reply?.enhancedCode ?? null,
    response: result.reply?.response ?? faultText(result),
    duration_ms: result.durationMs,
    dsn: result.dsn,
    recipients: judged.map((j): AttemptRecipient => {
      const good = j.outcome === "accepted"
      return {
        address: j.address,
        outcome: j.outcome,
        code: j.reply?.code ?? null,
        enhanced_code: j.reply?.enhancedCode ?? null,
        response: j.reply?.response ?? null,
        category: good ? null : j.classification.category,
        advice: good ? null : j.classification.advice,
      }
    }),
  }
}

function faultText(result: SendResult): string | null {
  if (result.fault === null) return null
  return result.fault.response ?? result.fault.code
}

function outcomeOf(judged: readonly Judged[]): Attempt["outcome"] {
  const outcomes = new Set(judged.map((j) => j.outcome))
  if (outcomes.has("unknown")) return "unknown"
  if (outcomes.size === 1) return [...outcomes][0] ?? "deferred"
  if (outcomes.has("accepted")) return "partial"
  return "deferred"
}

/** One event of a type per attempt; a recipient's later deferrals are not told again. */
function notesOf(
  state: OutboundState,
  after: readonly Recipient[],
  { number, now }: { number: number; now: number },
): Note[] {
  const before = state.message.recipients
  const places = (test: (was: Recipient, is: Recipient) => boolean): number[] =>
    after.flatMap((is, place) => {
      const was = before[place]
      return was !== undefined && was !== is && test(was, is) ? [place] : []
    })
  const cause = String(number)
  const notes: Note[] = [
    { type: "message.sent", at: now, cause, affected: places((_, is) => is.status === "sent") },
    { type: "message.failed", at: now, cause, affected: places((_, is) => is.status === "failed") },
    {
      type: "message.deferred",
      at: now,
      cause,
      affected: places((was, is) => was.status === "queued" && is.status === "deferred"),
    },
  ]
  return notes.filter((note) => note.affected.length > 0)
}

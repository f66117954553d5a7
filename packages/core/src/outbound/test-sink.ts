import type { SmtpRoute } from "../account/account.ts"
import type { RecipientResult, SendResult, SmtpReply } from "../ports/mail-sender.ts"
import type { OutboundMessage } from "./message.ts"
import type { Note, OutboundState } from "./state.ts"

/** Stands for a server in attempts of test messages: no connection is made. */
export const testRoute: SmtpRoute = {
  name: "test",
  host: "sink.invalid",
  port: 25,
  security: "none",
  priority: 0,
  weight: 1,
  limits: {},
}

const accepted: SmtpReply = { code: 250, enhancedCode: "2.0.0", response: "250 2.0.0 test message, not sent" }
const later: SmtpReply = { code: 451, enhancedCode: "4.7.1", response: "451 4.7.1 test message, try again later" }
const never: SmtpReply = { code: 550, enhancedCode: "5.1.1", response: "550 5.1.1 test message, no such user" }

/**
 * What a server would have said to a test message. The local part decides: `deferred` (once), `rejected`, `unknown` (lost after
 * the final dot); all others are accepted, `bounced` and `complained` first.
 */
export function sinkResult(message: OutboundMessage, recipients: readonly string[]): SendResult {
  const results = recipients.map((address): RecipientResult => answer(message, address))
  return {
    stage: "dot",
    recipients: results,
    reply: results[0]?.reply ?? null,
    fault: null,
    offers: null,
    dsn: null,
    tls: null,
    serverMessageId: null,
    durationMs: 0,
  }
}

function answer(message: OutboundMessage, address: string): RecipientResult {
  const known = message.recipients.find((r) => r.address === address)
  switch (localPart(address)) {
    case "deferred":
      return known?.status === "deferred"
        ? { address, outcome: "accepted", reply: accepted }
        : { address, outcome: "deferred", reply: later }
    case "rejected":
      return { address, outcome: "rejected", reply: never }
    case "unknown":
      return { address, outcome: "unknown", reply: null }
    default:
      return { address, outcome: "accepted", reply: accepted }
  }
}

/** Test recipients `bounced` and `complained` are reported on as soon as they were taken over; nobody is suppressed. */
export function sinkReports(state: OutboundState, now: number): OutboundState {
  if (!state.message.test || state.message.settled_at === null) return state
  const notes: Note[] = []
  const at = new Date(now).toISOString()
  const recipients = state.message.recipients.map((r, place) => {
    const fate = localPart(r.address)
    if (r.status !== "sent" || (fate !== "bounced" && fate !== "complained")) return r
    notes.push({ type: `message.${fate}`, at: now, cause: `test-${place}`, affected: [place] })
    return { ...r, status: fate, at } as const
  })
  const first = notes[0]
  if (first === undefined) return state
  const status = notes.some((n) => n.type === "message.complained") ? "complained" : "bounced"
  return { ...state, announce: [...state.announce, ...notes], message: { ...state.message, recipients, status } }
}

function localPart(address: string): string {
  return address.slice(0, address.lastIndexOf("@")).split("+")[0]?.toLowerCase() ?? ""
}

import type { Json, NewRecord } from "../ports/record-store.ts"
import { dueEntry } from "../record/due-index.ts"
import { messageIndex } from "../record/message-index.ts"
import type {
  Address,
  Attempt,
  AttemptRecipient,
  Category,
  OutboundMessage,
  Recipient,
  RecipientStatus,
} from "./message.ts"
import { isWokenByTick, type OutboundState, outboundRecordId } from "./state.ts"

/** A record holds up to 100 KB; a thousand recipients fit because equal answers are kept once. */
const maxPackedBytes = 92_000
/** Above this, To, Cc and Bcc are rebuilt from the recipients: names are shown up to this count. */
const maxNamedRecipients = 100

type Reply = [Category | null, number | null, string | null, string | null, string | null]
/** `at` counts from the creation of the message. */
type PackedRecipient = [address: string, status: StatusLetter, reply: number, at: number]
type StatusLetter = (typeof letters)[RecipientStatus]
type PackedAttemptRecipient = [recipient: number, outcome: AttemptRecipient["outcome"], reply: number]

interface Packed {
  message: Omit<OutboundMessage, "recipients" | "to" | "cc" | "bcc"> & {
    to?: Address[]
    cc?: Address[]
    bcc?: Address[]
  }
  state: Omit<OutboundState, "message" | "attempts">
  split: [to: number, cc: number, all: number]
  replies: Reply[]
  recipients: PackedRecipient[]
  attempts: (Omit<Attempt, "recipients"> & { recipients: PackedAttemptRecipient[] })[]
}

/** A thousand recipients make every octet count. */
const letters = {
  queued: "q",
  deferred: "d",
  sent: "s",
  delivered: "v",
  failed: "f",
  bounced: "b",
  complained: "c",
  suppressed: "u",
  cancelled: "x",
  delivery_unknown: "n",
} as const satisfies Record<RecipientStatus, string>
const statuses = new Map(Object.entries(letters).map(([status, letter]) => [letter, status as RecipientStatus]))

/** Keeps each distinct answer once; the recipient's own address inside it is a placeholder, since servers like to quote it. */
function createReplyTable(replies: Reply[] = []) {
  const seen = new Map<string, number>()
  return {
    replies,
    add(reply: Reply, address: string): number {
      if (reply.every((part) => part === null)) return -1
      const shared: Reply = [reply[0], reply[1], reply[2], reply[3]?.replaceAll(address, "\u0001") ?? null, reply[4]]
      const key = JSON.stringify(shared)
      const known = seen.get(key)
      if (known !== undefined) return known
      replies.push(shared)
      seen.set(key, replies.length - 1)
      return replies.length - 1
    },
    at(index: number, address: string): Reply {
      const reply = replies[index]
      if (reply === undefined) return [null, null, null, null, null]
      return [reply[0], reply[1], reply[2], reply[3]?.replaceAll("\u0001", address) ?? null, reply[4]]
    },
  }
}

/** Turns the state into the record `out#<id>`, with its indexes; the oldest attempts lose their details when it grows too large. */
export function packOutbound(state: OutboundState, expiresAt?: number): NewRecord<Json> {
  const { message } = state
  let body = packBody(state, state.attempts.length)
  for (let kept = state.attempts.length - 1; kept >= 0 && tooLarge(body); kept--) body = packBody(state, kept)
  if (tooLarge(body)) body = shorten(state)
  return {
    id: outboundRecordId(message.id),
    body: body as unknown as Json,
    index: {
      ...messageIndex(message),
      ...(state.due !== null && isWokenByTick(state) ? { due: dueEntry(state.due, message.id) } : {}),
    },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

function packBody(state: OutboundState, detailedAttempts: number): Packed {
  const { message, attempts, ...rest } = state
  const { recipients, to, cc, bcc, ...shown } = message
  const table = createReplyTable()
  const places = new Map(recipients.map((r, index) => [r.address, index]))
  const named = recipients.length <= maxNamedRecipients
  const createdAt = Date.parse(message.created_at)
  return {
    message: { ...shown, ...(named ? { to, cc, bcc } : {}) },
    state: rest,
    split: splitOf(message),
    recipients: recipients.map((r) => [
      r.address,
      letters[r.status],
      table.add([r.category, r.code, r.enhanced_code, r.response, null], r.address),
      Date.parse(r.at) - createdAt,
    ]),
    attempts: attempts.map((attempt, index) => ({
      ...attempt,
      recipients:
        index < attempts.length - detailedAttempts
          ? []
          : attempt.recipients.map((r) => [
              places.get(r.address) ?? -1,
              r.outcome,
              table.add([r.category, r.code, r.enhanced_code, r.response, r.advice], r.address),
            ]),
    })),
    replies: table.replies,
  }
}

/** Where To and Cc end among the recipients; zeros where the lists are not what the envelope says, so that no Bcc is shown as To. */
function splitOf({ recipients, to, cc, bcc }: OutboundMessage): [to: number, cc: number, all: number] {
  const listed = [...to, ...cc, ...bcc].map((a) => a.address)
  const same = listed.length === recipients.length && listed.every((address, at) => recipients[at]?.address === address)
  return same ? [to.length, cc.length, listed.length] : [0, 0, 0]
}

function tooLarge(body: Packed): boolean {
  return sizeOf(body) > maxPackedBytes
}

/** Octets a message may take when it is accepted: the rest is room for outcomes, attempts and events to be told. */
const maxAcceptedBytes = 68_000

/** Octets by which a message with its recipients is too large to be accepted; 0 where it fits. */
export function excessBytes(state: OutboundState): number {
  return Math.max(0, sizeOf(packBody(state, 0)) - maxAcceptedBytes)
}

/** The words of servers go first; codes stay, and equal ones are one. */
function shorten(state: OutboundState): Packed {
  const wordless: OutboundState = {
    ...state,
    message: { ...state.message, recipients: state.message.recipients.map((r) => ({ ...r, response: null })) },
    attempts: state.attempts.slice(-5).map((a) => ({ ...a, response: a.response?.slice(0, 80) ?? null })),
  }
  return packBody(wordless, 0)
}

function sizeOf(body: Packed): number {
  return new TextEncoder().encode(JSON.stringify(body)).length
}

/** The state as it was packed. */
export function unpackOutbound(record: { body: Json }): OutboundState {
  const packed = record.body as unknown as Packed
  const table = createReplyTable(packed.replies)
  const createdAt = Date.parse(packed.message.created_at)
  const recipients = packed.recipients.map(([address, letter, reply, at]): Recipient => {
    const [category, code, enhanced_code, response] = table.at(reply, address)
    const status = statuses.get(letter) ?? "queued"
    return { address, status, category, code, enhanced_code, response, at: new Date(createdAt + at).toISOString() }
  })
  const plain = recipients.map((r): Address => ({ name: null, address: r.address }))
  const [to, cc, all] = packed.split
  const message: OutboundMessage = {
    ...packed.message,
    to: packed.message.to ?? plain.slice(0, to),
    cc: packed.message.cc ?? plain.slice(to, to + cc),
    bcc: packed.message.bcc ?? plain.slice(to + cc, all),
    recipients,
  }
  const attempts = packed.attempts.map((attempt): Attempt => {
    return { ...attempt, recipients: attempt.recipients.map((r) => unpackAttemptRecipient(r, recipients, table)) }
  })
  return { ...packed.state, message, attempts }
}

function unpackAttemptRecipient(
  [place, outcome, reply]: PackedAttemptRecipient,
  recipients: readonly Recipient[],
  table: ReturnType<typeof createReplyTable>,
): AttemptRecipient {
  const address = recipients[place]?.address ?? ""
  const [category, code, enhanced_code, response, advice] = table.at(reply, address)
  return { address, outcome, code, enhanced_code, response, category, advice }
}

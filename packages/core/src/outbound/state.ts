import type { EventType } from "../event/event.ts"
import {
  type Address,
  type Attempt,
  type OutboundMessage,
  type OutboundStatus,
  type Recipient,
  settledStatuses,
} from "./message.ts"

/** Right of one run to deliver a message, until it ends or is found dead. */
export interface Claim {
  /** `<process>.<run>`: a run of a process that is gone is dead at once where one process owns the store. */
  run: string
  /** Milliseconds since the epoch: the deadline of the run and a minute. */
  until: number
  /** Positions of the recipients of the transaction under way: if the run dies, these may have got the mail. */
  offered: number[]
}

/** An event to announce; its data are made from the message when it is announced. */
export interface Note {
  type: EventType
  /** Time of the run, milliseconds. A repeated job announces the notes of the record again. */
  at: number
  /** Positions of the recipients it is about. */
  affected: number[]
  /** Number of the attempt, or of the verb, that caused it: part of the event's id. */
  cause: string
}

/** What is known of an outbound message: the body of `out#<id>`, unpacked. */
export interface OutboundState {
  message: OutboundMessage
  attempts: Attempt[]
  /** Of the request, to tell a repeat from a conflict (Idempotency-Key). */
  fingerprint: string
  contentKey: string
  /** Key that sent it. */
  keyId: string
  mailFrom: string
  /** Envelope needs SMTPUTF8; the bytes need 8BITMIME. */
  smtpUtf8: boolean
  eightBit: boolean
  atMostOnce: boolean
  /** Name of the route asked for, or null. */
  route: string | null
  claim: Claim | null
  /** Nothing is tried before, the sooner of the two below; milliseconds. Null once settled or while held. */
  due: number | null
  /** Positions of open recipients who may have got the mail: its outcome was unknown when it was last offered to them. */
  unknown: number[]
  /** When these are offered it again (mail-rules I2); null: not yet planned. */
  unknownDue: number | null
  /** When the other open recipients are tried; null: now, or not yet planned. */
  restDue: number | null
  /** Date header in place of the time of acceptance: a mail held for long bears the time of its release (mail-rules G6). */
  date: number | null
  /** Who wakes it up then: a delayed job on the queue, or the tick through the `due` index (waits over 15 minutes). */
  wake: "queue" | "tick"
  /** Start of the lifetime, moved by `retry`. Milliseconds. */
  lifetimeStart: number
  lifetimeEnd: number
  /** Re-sends after an unknown outcome (mail-rules I2). */
  unknownResends: number
  /** Status and recipients at acceptance, for repeats with the same Idempotency-Key. */
  acceptedStatus: "queued" | "held" | "scheduled"
  announce: Note[]
}

export const outboundRecordId = (id: string): string => `out#${id}`

export type AddressList = { to: Address[]; cc: Address[]; bcc: Address[] }

/** Positions of the open recipients whose time has come. */
export function dueRecipients(state: OutboundState, now: number): number[] {
  const unknown = new Set(state.unknown)
  return state.message.recipients.flatMap((recipient, place) => {
    if (!isOpen(recipient)) return []
    const due = unknown.has(place) ? state.unknownDue : state.restDue
    return due === null || due <= now ? [place] : []
  })
}

export const isOpen = (recipient: Recipient): boolean =>
  recipient.status === "queued" || recipient.status === "deferred"

/** Nothing is tried any more, or not before somebody asks for it. */
export const isResting = (status: OutboundStatus): boolean => settledStatuses.has(status) || status === "held"

/** It stands in the `due` index, so the tick sends its job. */
export const isWokenByTick = (state: Pick<OutboundState, "due" | "wake">): boolean =>
  state.due !== null && state.wake === "tick"

/** A verb writes before it tells; the worker tells in its place where it was cut off. */
export const isOfVerb = (note: Note): boolean => note.cause.startsWith("verb-")

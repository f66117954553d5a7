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
}

/** An event to announce; its data are made from the message when it is announced. */
export interface Note {
  type: EventType
  /** Time of the run, milliseconds. A repeated job announces notes of up to an hour ago again. */
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
  /** Nothing is tried before; milliseconds. Null once settled or while held. */
  due: number | null
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

export const isOpen = (recipient: Recipient): boolean =>
  recipient.status === "queued" || recipient.status === "deferred"

/** Nothing is tried any more, or not before somebody asks for it. */
export const isResting = (status: OutboundStatus): boolean => settledStatuses.has(status) || status === "held"

/** It stands in the `due` index, so the tick sends its job. */
export const isWokenByTick = (state: Pick<OutboundState, "due" | "wake">): boolean =>
  state.due !== null && state.wake === "tick"

/** A verb writes before it tells; the worker tells in its place where it was cut off. */
export const isOfVerb = (note: Note): boolean => note.cause.startsWith("verb-")

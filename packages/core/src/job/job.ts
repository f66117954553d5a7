/** Three queues, so that a slow IMAP host cannot delay webhooks. */
export const queueNames = ["outbound", "poll", "webhook"] as const
export type QueueName = (typeof queueNames)[number]

/** Brings an outbound message one step further. */
export interface DeliverMessageJob {
  type: "deliver_message.v1"
  message: string
}

/** Cancels, a page a step, what an account that was removed had not sent. */
export interface CloseAccountJob {
  type: "close_account.v1"
  account: string
  /** The life of the account that ends; another one under the same id is not meant. */
  incarnation: string
  /** `next` of the page before. */
  after?: string
}

/** Wakes, a page a step, the mail that waits for an account's servers. */
export interface WakeAccountJob {
  type: "wake_account.v1"
  account: string
  /** `next` of the page before. */
  after?: string
}

/** Polls up to ten accounts of one mail host. */
export interface PollAccountsJob {
  type: "poll_accounts.v1"
  host: string
  accounts: string[]
  /** Somebody asked for it: what waits for a later poll is tried in this one. */
  asked?: true
}

/** Delivers one event to one endpoint. `body` is the event as sent (up to 32 KB), else `content` is its key or the event record is read. */
export interface DeliverEventJob {
  type: "deliver_event.v1"
  event: string
  endpoint: string
  /** Number of this attempt in the schedule, from 1. */
  attempt: number
  trigger: "scheduled" | "manual" | "replay" | "test"
  body?: string
}

/** A tagged union with the version in the name, so that old and new workers can share a queue. */
export type Job = DeliverMessageJob | CloseAccountJob | WakeAccountJob | PollAccountsJob | DeliverEventJob
export type JobType = Job["type"]

export const queueOf: Record<JobType, QueueName> = {
  "deliver_message.v1": "outbound",
  "close_account.v1": "outbound",
  "wake_account.v1": "outbound",
  "poll_accounts.v1": "poll",
  "deliver_event.v1": "webhook",
}

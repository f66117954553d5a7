import type { ListedMail } from "../ports/mailbox-reader.ts"
import type { BoxState } from "./cursor.ts"

/** `gone` mails are kept for 30 days, since servers lose and find them (mail-rules D3); `deleted` ones until a listing lacks them. */
export type Pop3Disposition = "taken" | "baseline" | "parked" | "deleted"

/** A mail that was seen in the maildrop. */
export interface Pop3Entry {
  uidl: string
  /** Counts the different mails seen under this UIDL (mail-rules D2). */
  n: number
  size: number
  state: Pop3Disposition
  /** First seen, milliseconds. */
  at: number
  /** When a listing first lacked it; null while it is listed. */
  goneAt: number | null
  /** Of `TOP n 0`; "" where it was never read. */
  hash: string
  /** `m…` or `h…` (message-key.ts). */
  key: string
  date: number | null
  /** Inbound id it was taken under. */
  id: string
}

/** Head of the seen list, in `box#<account>#INBOX`; entries lie in pages beside it. */
export interface Pop3Cursor extends BoxState {
  protocol: "pop3"
  pages: number
  /** The mails of the first session are judged by date until all of them were (mail-rules C1). */
  baselineDone: boolean
}

/** A UIDL with the number it is told apart by, as one text. */
export const entryKey = (entry: { uidl: string; n: number }): string => `${entry.n} ${entry.uidl}`

export type Pop3Listed = ListedMail & { uidl: string }

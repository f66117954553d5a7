import type { IndexEntry, IndexName } from "../ports/record-store.ts"

export interface IndexedMessage {
  id: string
  account: string
  tenant: string | null
  thread_id: string
  /** RFC 3339 in UTC with milliseconds. */
  created_at: string
}

/** Parts and sort keys under which messages of both directions are listed; both sort by time, then id. */
export const messageParts = {
  account: (account: string): string => `message#${account}`,
  day: (day: string): string => `message#${day}`,
  tenant: (tenant: string): string => `message#${tenant}`,
  thread: (thread: string): string => `message#${thread}`,
}

/** `created_at` gives the day, so a list walks days back from now. */
export function messageIndex(message: IndexedMessage): Partial<Record<IndexName, IndexEntry>> {
  const sort = `${message.created_at}#${message.id}`
  return {
    owner: { part: messageParts.account(message.account), sort },
    day: { part: messageParts.day(message.created_at.slice(0, 10)), sort },
    thread: { part: messageParts.thread(message.thread_id), sort },
    ...(message.tenant === null ? {} : { tenant: { part: messageParts.tenant(message.tenant), sort } }),
  }
}

/** Right to a long poll of a mailbox, with expiry; work after expiry costs time, never an event (mail-rules F1). */
export interface Lease {
  run: string
  /** Milliseconds since the epoch. */
  until: number
}

/** A poll longer than this takes the lease with its next write of the cursor. */
export const longPollMs: number = 20_000
/** How much longer than its deadline a poll may take to end. */
const graceMs = 10_000

export function leaseFor(run: string, deadline: number): Lease {
  return { run, until: deadline + graceMs }
}

export function heldByOther(lease: Lease | null, run: string, now: number): boolean {
  return lease !== null && lease.run !== run && lease.until > now
}

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

/** Who asks for a lease. */
export interface Holder {
  run: string
  /** Names the process where the store is its alone: `run` begins with it, and a lease of any other process is dead. */
  soleProcess: string | null
}

export function heldByOther(lease: Lease | null, holder: Holder, now: number): boolean {
  if (lease === null || lease.run === holder.run || lease.until <= now) return false
  return holder.soleProcess === null || lease.run.startsWith(`${holder.soleProcess}.`)
}

/** Mails up to this size share one FETCH. */
const smallBytes = 2 * 1024 * 1024
const batchBytes = 8 * 1024 * 1024
const batchMails = 100

export type FetchStep =
  | { kind: "batch"; uids: number[] }
  /** Alone and in pieces: large, or of unknown size. */
  | { kind: "stream"; uid: number }
  | { kind: "oversize"; uid: number }

/** How to read `uids` in their order: few round trips, bounded memory. A size of 0 or none is unknown. Pure. */
export function planFetch(uids: readonly number[], sizes: ReadonlyMap<number, number>, maxBytes: number): FetchStep[] {
  const steps: FetchStep[] = []
  let batch: number[] = []
  let octets = 0
  const flush = () => {
    if (batch.length > 0) steps.push({ kind: "batch", uids: batch })
    batch = []
    octets = 0
  }
  for (const uid of uids) {
    const size = sizes.get(uid) ?? 0
    if (size > maxBytes || size === 0 || size > smallBytes) {
      flush()
      steps.push(size > maxBytes ? { kind: "oversize", uid } : { kind: "stream", uid })
      continue
    }
    if (batch.length === batchMails || octets + size > batchBytes) flush()
    batch.push(uid)
    octets += size
  }
  flush()
  return steps
}

/** Groups remembered before those that have had their turn are forgotten. */
const fewGroups = 10_000

export interface FairTurns {
  /** Rank of the next job of a group: the lowest rank is served first. */
  join(group: string): number
  /** Tells that the job with this rank was handed out. */
  served(rank: number): void
  /** Takes over a group that already has jobs, highest rank given. */
  restore(group: string, ranks: { lowest: number; highest: number }): void
}

/**
 * Start-time fair queueing: a job ranks one after the last of its group, or where serving stands when its group has nothing
 * waiting. Serving by rank gives groups turns, however many jobs each has, at the cost of one number a job.
 */
export function createFairTurns(): FairTurns {
  const last = new Map<string, number>()
  let position = 0
  let forgetAt = fewGroups

  return {
    join(group) {
      const rank = Math.max(position, (last.get(group) ?? 0) + 1)
      last.set(group, rank)
      if (last.size > forgetAt) forget()
      return rank
    },
    served(rank) {
      position = Math.max(position, rank)
    },
    restore(group, { lowest, highest }) {
      position = position === 0 ? lowest : Math.min(position, lowest)
      last.set(group, highest)
    },
  }

  function forget(): void {
    for (const [group, rank] of last) if (rank < position) last.delete(group)
    forgetAt = Math.max(fewGroups, last.size * 2)
  }
}

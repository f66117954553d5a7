import type { Random } from "./disorder.ts"

export interface KeptJob {
  id: string
  group: string
  body: string
  /** Until then it is delayed, or held by a receiver. */
  due: number
  held: boolean
  receives: number
}

export interface JobGroups {
  add(job: KeptJob): void
  find(id: string): KeptJob | undefined
  remove(job: KeptJob): void
  /** The next job that is due, groups taking turns; with `random`, any of them. */
  next(now: number, random?: Random): KeptJob | undefined
  all(): KeptJob[]
}

/** Jobs of one queue. The group at the front of the map has waited longest for its turn. */
export function createJobGroups(): JobGroups {
  const groups = new Map<string, Map<string, KeptJob>>()
  const byId = new Map<string, KeptJob>()

  function firstDue(now: number): KeptJob | undefined {
    for (const [group, jobs] of groups) {
      for (const job of jobs.values()) {
        if (job.due > now) continue
        groups.delete(group)
        groups.set(group, jobs)
        return job
      }
    }
    return undefined
  }

  return {
    add(job) {
      byId.set(job.id, job)
      groups.set(job.group, (groups.get(job.group) ?? new Map<string, KeptJob>()).set(job.id, job))
    },
    find: (id) => byId.get(id),
    remove(job) {
      byId.delete(job.id)
      const jobs = groups.get(job.group)
      jobs?.delete(job.id)
      if (jobs?.size === 0) groups.delete(job.group)
    },
    next(now, random) {
      if (random === undefined) return firstDue(now)
      const due = [...byId.values()].filter((job) => job.due <= now)
      return due[Math.floor(random() * due.length)]
    },
    all: () => [...byId.values()],
  }
}

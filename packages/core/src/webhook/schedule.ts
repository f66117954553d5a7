const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** Waits before each attempt, the first included: ten attempts over 75 h 35 min (Standard Webhooks). */
export const attemptDelaysMs: readonly number[] = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** Share of a delay by which it may be shorter or longer, so that events that failed together do not come back together. */
const jitter = 0.2

/** Attempts are numbered through; each time an event is sent anew (replay, redelivery) the schedule begins at the next hundred. */
const seriesLength = 100

/** Place of an attempt in its schedule, from 1. */
export function scheduleStep(attempt: number): number {
  return ((attempt - 1) % seriesLength) + 1
}

/** First attempt of the series after the one that `attempt` belongs to. */
export function nextSeries(attempt: number): number {
  return attempt - scheduleStep(attempt) + seriesLength + 1
}

/** Delay before the attempt after this one; undefined when the schedule is at its end. `fraction` is uniform in [0, 1). */
export function delayAfter(attempt: number, fraction: number): number | undefined {
  const delay = attemptDelaysMs[scheduleStep(attempt)]
  return delay === undefined ? undefined : Math.round(delay * (1 - jitter + 2 * jitter * fraction))
}

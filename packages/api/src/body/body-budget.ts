import { RelayError } from "@postrider/core/error/relay-error"

/** Octets of bodies that are kept at one time, by all requests of a process. */
export interface BodyLimits {
  /** In memory. */
  held: number
  /** In spools. */
  spooled: number
}

/** What one request keeps. */
export interface BodyShare {
  /** Says how much this request keeps from now on. @throws RelayError `overloaded` when that is more than there is room for. */
  keep(kept: BodyLimits): void
  /** Whether a body of this length would find room now. @throws RelayError `overloaded`. */
  expect(kept: BodyLimits): void
  end(): void
}

/** Shares out the room for bodies: what is beyond it is refused, so that many large requests at once do not end the process. */
export function createBodyBudget(limits: BodyLimits): () => BodyShare {
  const used: BodyLimits = { held: 0, spooled: 0 }
  return () => {
    const own: BodyLimits = { held: 0, spooled: 0 }
    const check = (kept: BodyLimits): void => {
      for (const where of ["held", "spooled"] as const) {
        if (kept[where] > own[where] && used[where] - own[where] + kept[where] > limits[where]) throw noRoom()
      }
    }
    const set = (kept: BodyLimits): void => {
      for (const where of ["held", "spooled"] as const) {
        used[where] += kept[where] - own[where]
        own[where] = kept[where]
      }
    }
    return {
      expect: check,
      keep: (kept) => {
        check(kept)
        set(kept)
      },
      end: () => set({ held: 0, spooled: 0 }),
    }
  }
}

function noRoom(): RelayError {
  return new RelayError("overloaded", "Too many large requests are being read at once.", { retryAfterMs: 2000 })
}

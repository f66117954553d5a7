import type { PartStatus } from "./account.ts"

const minute = 60_000
const hour = 60 * minute
/** mail-rules F3: refused credentials are tried again after 1, 5, 15, 60 min, then every 6 h. */
const authSteps = [minute, 5 * minute, 15 * minute, hour]

/**
 * Milliseconds until a failing part of an account is tried again. `fraction` in [0, 1) spreads accounts of one host (±10 %).
 * Unreachable servers are tried after 2, 4, 8 … s, at most every 15 minutes; wrong settings hourly (F5).
 */
export function partRetryMs(state: PartStatus["state"], failures: number, fraction: number): number {
  const jitter = 0.9 + fraction * 0.2
  if (state === "auth_failed") return jitter * (authSteps[failures - 1] ?? 6 * hour)
  if (state === "misconfigured") return jitter * hour
  return jitter * Math.min(2000 * 2 ** Math.min(failures - 1, 20), 15 * minute)
}

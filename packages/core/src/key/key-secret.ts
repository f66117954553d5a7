import type { Ports } from "../ports/ports.ts"
import { type Once, onceToken } from "../record/once.ts"

const keyLength = 40

export interface KeySecret {
  sha256: string
  /** To be shown once; null when the key was made elsewhere. */
  key: string | null
}

/** The hash the caller gave, or a fresh key: `pr_live_…` or `pr_test_…` with 238 random bits. */
export function keySecret(
  ports: Pick<Ports, "ids">,
  options: { test: boolean; sha256: string | null; once: Once | undefined },
): KeySecret {
  if (options.sha256 !== null) return { sha256: options.sha256.toLowerCase(), key: null }
  const key = `pr_${options.test ? "test" : "live"}_${onceToken(ports.ids, keyLength, options.once)}`
  return { sha256: ports.ids.digest(key), key }
}

/** Prefixes of ids that Postrider makes. */
export type IdPrefix = "acc" | "out" | "in" | "thr" | "ep" | "evt" | "key" | "tpl" | "upl" | "op" | "run" | "req"

export interface Ids {
  /** `<prefix>_` and 26 characters: 48 bits of time (sortable as text) and 80 random bits, Crockford base32. */
  random(prefix: IdPrefix): string
  /** `<prefix>_` and 32 hex characters of SHA-256 over the parts, length-prefixed so that no two lists collide. */
  derive(prefix: IdPrefix, ...parts: string[]): string
  /** `length` random characters of `[A-Za-z0-9]`. */
  token(length: number): string
  /** SHA-256 in lower-case hex. */
  digest(data: string | Uint8Array): string
  /** A uniform number in [0, 1), for jitter. */
  fraction(): number
}

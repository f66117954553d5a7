/** Seals credentials at rest: AES-256-GCM, a key id inside, `context` bound as additional data so that a sealed value cannot be moved elsewhere. */
export interface SecretBox {
  seal(plain: string, context: string): string
  /** @throws RelayError `internal` when no known key opens it or the context differs. */
  open(sealed: string, context: string): string
  /** Whether it is sealed under the key that seals now. */
  isCurrent(sealed: string): boolean
}

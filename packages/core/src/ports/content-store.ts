export type Bytes = Uint8Array
export type ByteStream = AsyncIterable<Uint8Array>

export interface ContentRange {
  /** First octet, from 0. */
  start: number
  /** Octets to read; less come where the content ends. */
  length: number
}

export interface StoredContent {
  /** Octets of the whole content, whatever the range. */
  size: number
  /** May be iterated once. Stopping early frees its resources. */
  body: ByteStream
}

export interface SignedUrl {
  url: string
  headers: Record<string, string>
  expiresAt: number
}

/**
 * Bytes under keys (`a/b/c`, segments of `[A-Za-z0-9._@%+=-]`, up to 512 characters). A key is written once; putting it again
 * writes the same bytes again. A reader sees a complete put or nothing, also after a crash.
 */
export interface ContentStore {
  /** Resolves with the size once the bytes are durable. If `body` throws, nothing is stored and the error is passed on. */
  put(key: string, body: Bytes | ByteStream): Promise<{ size: number }>
  get(key: string, range?: ContentRange): Promise<StoredContent | undefined>
  /** Missing keys are no error. */
  delete(keys: readonly string[]): Promise<void>
  /** Only where the store can serve clients itself (S3). */
  readUrl?(key: string, ttlMs: number): Promise<SignedUrl>
  writeUrl?(key: string, limits: { ttlMs: number; maxBytes: number; contentType?: string }): Promise<SignedUrl>
}

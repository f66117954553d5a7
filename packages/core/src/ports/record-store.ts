export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }

export const indexNames = ["owner", "day", "tenant", "thread", "due"] as const
export type IndexName = (typeof indexNames)[number]

/** Place of a record in an index: records of one `part` are sorted by `sort` (as UTF-8 octets), then by id. */
export interface IndexEntry {
  part: string
  sort: string
}

export interface NewRecord<B = Json> {
  /** `<kind>#<id>…`, up to 512 octets. */
  id: string
  /** JSON, up to 100 KB when serialised. */
  body: B
  /** At most one entry in each index; sparse. */
  index?: Partial<Record<IndexName, IndexEntry>>
  /** Milliseconds since the epoch. An expired record reads as missing from that moment on, whenever the engine removes it. */
  expiresAt?: number
}

export interface StoredRecord<B = Json> extends NewRecord<B> {
  /** Grows by one on every write of this id, so an old version can never match again while the record lives. */
  v: number
}

export type PutCondition = { absent: true } | { version: number }

/** A lost race is an answer, not an error. `current` is what stands there, or absent when the record is gone. */
export type PutResult<B = Json> = { won: true; v: number } | { won: false; current?: StoredRecord<B> }

export interface Query {
  /** Inclusive bounds of `sort`; `to` is exclusive. */
  from?: string
  to?: string
  /** `next` of the page before. */
  after?: string
  limit: number
  order: "asc" | "desc"
}

export interface Page<B = Json> {
  records: StoredRecord<B>[]
  /** Opaque; absent on the last page. A page may be short while there is a next. */
  next?: string
}

/** Small versioned documents with five indexes. One record is written at a time; no protocol needs a transaction. */
export interface RecordStore {
  /** Strongly consistent. */
  get<B = Json>(id: string): Promise<StoredRecord<B> | undefined>
  /** Any number of ids; missing ones are left out; order is not kept. */
  getMany<B = Json>(ids: readonly string[]): Promise<StoredRecord<B>[]>
  /** Resolves when durable. Without a condition the last writer wins. Replaces body, index entries and expiry as a whole. */
  put<B = Json>(record: NewRecord<B>, when?: PutCondition): Promise<PutResult<B>>
  /**
   * Adds `n` to the number `body[field]` of a counter record (created when missing) in one atomic step. With a `ceiling` nothing
   * is added, and `won` is false, when the sum would exceed it. `expiresAt` is set when the record is created.
   */
  add(
    id: string,
    field: string,
    n: number,
    options?: { ceiling?: number; expiresAt?: number },
  ): Promise<{ won: boolean; value: number }>
  delete(id: string, when?: PutCondition): Promise<{ won: boolean }>
  /** May lag writes by about a second. */
  query<B = Json>(index: IndexName, part: string, query: Query): Promise<Page<B>>
}

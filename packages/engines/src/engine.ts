import type { ContentStore } from "@postrider/core/ports/content-store"
import type { JobQueue, JobSource } from "@postrider/core/ports/job-queue"
import type { RecordStore } from "@postrider/core/ports/record-store"

/** What an engine without rules of its own for the life of things offers in their place. All bounded, all safe to repeat. */
export interface Upkeep {
  /** Keys of content last put before a time (milliseconds), oldest first; `next` is where to go on. */
  oldContent(before: number, page: { after?: string; limit: number }): Promise<{ keys: string[]; next?: string }>
  /** Deletes those of the keys that were not put again since that time. */
  dropContent(keys: readonly string[], before: number): Promise<void>
  /** Ids of records that begin with `prefix`, in their order, those after `after`; fewer than `limit` are the last ones. */
  recordIds(prefix: string, page: { after?: string; limit: number }): Promise<string[]>
  /** Drops dead letters buried before a time, at most `limit`; answers how many. */
  dropDead(before: number, limit: number): Promise<number>
}

/** Where the state of a relay lives: three stores that share one life. */
export interface Engine {
  content: ContentStore
  records: RecordStore
  jobs: JobQueue
  source: JobSource
  /** Absent where the store ends the life of things by itself (S3, SQS). */
  upkeep?: Upkeep
  /**
   * Commits the writes that wait, ends waiting receivers with nothing, then frees files and connections; calls after it are
   * refused with `not_ready`. Safe to call twice.
   */
  close(): Promise<void>
}

import type { ContentStore } from "@postrider/core/ports/content-store"
import type { JobQueue, JobSource } from "@postrider/core/ports/job-queue"
import type { RecordStore } from "@postrider/core/ports/record-store"

/** Where the state of a relay lives: three stores that share one life. */
export interface Engine {
  content: ContentStore
  records: RecordStore
  jobs: JobQueue
  source: JobSource
  /**
   * Commits the writes that wait, ends waiting receivers with nothing, then frees files and connections; calls after it are
   * refused with `not_ready`. Safe to call twice.
   */
  close(): Promise<void>
}

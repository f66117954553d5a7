import type { QueueName } from "@postrider/core/job/job"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import type { Disposition } from "@postrider/core/ports/job-queue"
import type { Engine } from "../engine.ts"
import { type AwsAccess, createClients } from "./clients.ts"
import { createContentStore } from "./content-store.ts"
import { createDeadLetterOffice } from "./dead-letters.ts"
import { createHeldMessages } from "./held-messages.ts"
import { createJobQueue } from "./job-queue.ts"
import { createJobSource } from "./job-source.ts"
import { createQueueUrls } from "./queue-urls.ts"
import { createRecordStore } from "./record-store.ts"
import { createRequests } from "./requests.ts"
import { createSettleMessage, type HeldMessage } from "./settle-message.ts"
import { createSignedUrls } from "./signed-urls.ts"

export interface AwsOptions extends AwsAccess {
  bucket: string
  table: string
  /** URLs; each queue has a redrive policy that names its dead-letter queue. */
  queues: Record<QueueName, string>
  clock: Clock
  ids: Ids
}

export interface AwsEngine extends Engine {
  /**
   * Settles a message that was pushed by Lambda, which removes what is not reported as failed. Answers whether to report it: a job
   * to be retried is, after its visibility was set to the delay.
   */
  settlePushed(queue: QueueName, message: HeldMessage, disposition: Disposition): Promise<{ failed: boolean }>
}

/**
 * One bucket, one table and three queues. Nothing is sent until the first call. Many processes may share them. Closing ends what
 * waits; a message that was under way to a receiver then shows again when its visibility ends.
 */
export function createAwsEngine(options: AwsOptions): AwsEngine {
  const { bucket, table, queues, clock, ids } = options
  const { s3, signer, dynamodb, sqs } = createClients(options)
  const requests = createRequests()
  const urls = createQueueUrls({ sqs, queues, requests })
  const queueParts = { sqs, queues, requests, clock, ids, urls }
  const office = createDeadLetterOffice(queueParts)
  const settling = createSettleMessage({ ...queueParts, office })
  const held = createHeldMessages(clock.now)
  return {
    content: {
      ...createContentStore({ s3, name: bucket, requests }),
      ...createSignedUrls({ signer, bucket, clock }),
    },
    records: createRecordStore({ dynamodb, name: table, requests, clock, ids }),
    jobs: createJobQueue(queueParts),
    source: createJobSource({ ...queueParts, office, settling, held }),
    async settlePushed(queue, message, disposition) {
      if (disposition.kind !== "done") await settling.settle(queue, message, disposition)
      return { failed: disposition.kind === "retry" }
    },
    async close() {
      requests.close()
      for (const client of [s3, signer, dynamodb, sqs]) client.destroy()
    },
  }
}

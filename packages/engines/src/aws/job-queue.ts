import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs"
import type { JobQueue } from "@postrider/core/ports/job-queue"
import { type CheckedJob, checkJobs } from "../check-jobs.ts"
import type { QueueParts, QueueUrls } from "./queue-urls.ts"
import { type SendParts, sendMessages } from "./send-messages.ts"

/**
 * Jobs as messages of three standard queues. A delay is rounded up to whole seconds; more than SQS can delay is refused here, before
 * any is sent. Its counts are approximate and lag.
 */
export function createJobQueue(parts: SendParts & QueueParts & { urls: QueueUrls }): JobQueue {
  const { sqs, requests, urls } = parts

  async function countsOf(QueueUrl: string) {
    const command = new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
      ],
    })
    const { Attributes = {} } = await requests.ask((abortSignal) => sqs.send(command, { abortSignal }))
    return {
      waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      running: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    }
  }

  return {
    async send(jobs) {
      const byQueue = Map.groupBy(checkJobs(jobs), ({ queue }) => queue)
      await Promise.all(
        Array.from(byQueue, ([queue, some]: [CheckedJob["queue"], CheckedJob[]]) =>
          sendMessages(parts, urls.of(queue), some),
        ),
      )
    },
    async depth(queue) {
      const [counts, dead] = await Promise.all([
        countsOf(urls.of(queue)),
        urls.deadOf(queue).then((url) => countsOf(url)),
      ])
      return { ...counts, dead: dead.waiting + dead.delayed + dead.running }
    },
  }
}

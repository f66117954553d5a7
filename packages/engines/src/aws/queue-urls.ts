import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs"
import { RelayError } from "@postrider/core/error/relay-error"
import type { QueueName } from "@postrider/core/job/job"
import type { Requests } from "./requests.ts"

export interface QueueParts {
  sqs: SQSClient
  /** URLs of the three queues. */
  queues: Record<QueueName, string>
  requests: Requests
}

export interface QueueUrls {
  of(queue: QueueName): string
  /** Its dead-letter queue, as its redrive policy names it; asked for once. */
  deadOf(queue: QueueName): Promise<string>
}

export function createQueueUrls({ sqs, queues, requests }: QueueParts): QueueUrls {
  const dead = new Map<QueueName, string>()

  return {
    of: (queue) => queues[queue],
    async deadOf(queue) {
      const known = dead.get(queue)
      if (known !== undefined) return known
      const command = new GetQueueAttributesCommand({ QueueUrl: queues[queue], AttributeNames: ["RedrivePolicy"] })
      const { Attributes } = await requests.ask((abortSignal) => sqs.send(command, { abortSignal }))
      const url = deadUrlOf(queues[queue], Attributes?.RedrivePolicy)
      if (url === undefined) {
        throw new RelayError("internal", "The store is not set up.", { internal: `${queue} has no dead-letter queue` })
      }
      dead.set(queue, url)
      return url
    },
  }
}

/** Both queues are of one account and region, so their URLs differ in the name alone. */
function deadUrlOf(url: string, policy: string | undefined): string | undefined {
  if (policy === undefined) return undefined
  const parsed: unknown = JSON.parse(policy)
  if (typeof parsed !== "object" || parsed === null || !("deadLetterTargetArn" in parsed)) return undefined
  const name = String(parsed.deadLetterTargetArn).split(":").at(-1)
  return `${url.slice(0, url.lastIndexOf("/") + 1)}${name}`
}

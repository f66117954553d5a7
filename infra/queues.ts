import type { QueueName } from "./lambda/functions.ts"
import { resources } from "./lambda/resources.ts"

export interface JobQueues {
  queues: Record<QueueName, sst.aws.Queue>
  deadLetters: Record<QueueName, sst.aws.Queue>
}

/** One queue for each kind of work, so that a slow mail host does not delay webhooks, and its dead letters. */
export function createQueues(name: string): JobQueues {
  const made = resources.queues.map((plan) => createQueue(`${name}${capital(plan.name)}`, plan))
  const [outbound, poll, webhook] = made
  if (outbound === undefined || poll === undefined || webhook === undefined) throw new Error("three queues are made")
  return {
    queues: { outbound: outbound.queue, poll: poll.queue, webhook: webhook.queue },
    deadLetters: { outbound: outbound.dead, poll: poll.dead, webhook: webhook.dead },
  }
}

function createQueue(name: string, plan: (typeof resources.queues)[number]) {
  const transform = {
    queue: (args: aws.sqs.QueueArgs): undefined => {
      args.messageRetentionSeconds = plan.retentionSeconds
      args.sqsManagedSseEnabled = true
    },
  }
  const dead = new sst.aws.Queue(`${name}Dead`, { transform })
  const queue = new sst.aws.Queue(name, {
    visibilityTimeout: `${plan.visibilityTimeoutSeconds} seconds`,
    dlq: { queue: dead.arn, retry: plan.deadLetters.maxReceiveCount },
    transform,
  })
  return { queue, dead }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

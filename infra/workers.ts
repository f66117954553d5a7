import { createFunction, type Parts } from "./function.ts"
import type { FunctionName, QueueName } from "./lambda/functions.ts"
import { batchSize } from "./lambda/resources.ts"

/** Polls and webhooks are wanted at once; mail to send is gathered for a second, which fills batches and connections. */
const windows: Record<QueueName, "0 seconds" | "1 second"> = {
  outbound: "1 second",
  poll: "0 seconds",
  webhook: "0 seconds",
}
const workers: Record<QueueName, FunctionName> = {
  outbound: "outbound-worker",
  poll: "poll-worker",
  webhook: "webhook-worker",
}

/** A function for each queue, handed up to ten jobs at a time; it reports those that must come back. */
export function createWorkers(parts: Parts, publicUrl: $util.Input<string>) {
  return {
    outbound: createWorker(parts, "outbound", publicUrl),
    poll: createWorker(parts, "poll", publicUrl),
    webhook: createWorker(parts, "webhook", publicUrl),
  }
}

function createWorker(parts: Parts, queue: QueueName, publicUrl: $util.Input<string>): sst.aws.Function {
  const { maxConcurrency } = parts.settings
  const fn = createFunction(parts, workers[queue], { environment: { POSTRIDER_PUBLIC_URL: publicUrl } })
  parts.queues[queue].subscribe(fn.arn, {
    batch: { size: batchSize, window: windows[queue], partialResponses: true },
    transform: {
      eventSourceMapping: (args) => {
        if (maxConcurrency !== undefined) args.scalingConfig = { maximumConcurrency: maxConcurrency }
      },
    },
  })
  return fn
}

import type { QueueName } from "@postrider/core/job/job"
import type { Disposition } from "@postrider/core/ports/job-queue"
import { parseBody } from "@postrider/engines/aws/parse-body"
import type { LambdaRelay } from "./compose-lambda.ts"
import { runJob } from "./run-job.ts"

/** What SQS hands to a function; the fields that are read. */
export interface SqsRecord {
  messageId: string
  receiptHandle: string
  body: string
  attributes: { ApproximateReceiveCount: string; MessageGroupId?: string }
}

export interface LambdaContext {
  getRemainingTimeInMillis(): number
}

export type WorkerHandler = (
  event: { Records: SqsRecord[] },
  context: LambdaContext,
) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>

/** Kept for closing connections and settling, before Lambda would kill the container and with it what is done already. */
const marginMs = 15_000
/** A job that still runs then is given up here; its claim or lease ends by itself. */
const lastMomentMs = 4_000
const givenUp: Disposition = { kind: "retry", delayMs: 120_000 }

/**
 * Runs the jobs of a batch side by side, each under a deadline inside the function's own. A job that comes back has its visibility set
 * and is reported as failed; the others are removed by Lambda. Never throws for what a job does, so that no job answers for another.
 */
export function createWorkerHandler({ relay, engine }: Pick<LambdaRelay, "relay" | "engine">, queue: QueueName) {
  const { clock, log, sender } = relay.ports

  async function settle(record: SqsRecord, limits: { deadline: number; giveUp: AbortSignal }): Promise<boolean> {
    const receives = Number(record.attributes.ApproximateReceiveCount)
    const run = { body: parseBody(record.body), receives, deadline: limits.deadline, signal: limits.giveUp }
    try {
      const disposition = await Promise.race([runJob(relay.worker, run), whenAborted(limits.giveUp)])
      const group = record.attributes.MessageGroupId ?? ""
      const message = { handle: record.receiptHandle, body: record.body, group, receives }
      return (await engine.settlePushed(queue, message, disposition)).failed
    } catch (error) {
      // It comes back when its visibility ends.
      log.error("worker.settle_failed", { queue, job: record.messageId }, error)
      return true
    }
  }

  const handler: WorkerHandler = async ({ Records }, context) => {
    const leftMs = context.getRemainingTimeInMillis()
    const giveUp = new AbortController()
    const timer = setTimeout(() => giveUp.abort(new Error("the function ends")), Math.max(leftMs - lastMomentMs, 0))
    const limits = { deadline: clock.now() + leftMs - marginMs, giveUp: giveUp.signal }
    const failed = await Promise.all(Records.map((record) => settle(record, limits)))
    clearTimeout(timer)
    // A connection does not live through the freeze of a container.
    await sender.close()
    return {
      batchItemFailures: Records.flatMap(({ messageId }, at) => (failed[at] ? [{ itemIdentifier: messageId }] : [])),
    }
  }
  return handler
}

function whenAborted(signal: AbortSignal): Promise<Disposition> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(givenUp), { once: true }))
}

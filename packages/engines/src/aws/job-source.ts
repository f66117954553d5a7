import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import type { QueueName } from "@postrider/core/job/job"
import type { Clock } from "@postrider/core/ports/clock"
import type { JobSource, ReceivedJob } from "@postrider/core/ports/job-queue"
import type { HeldMessages } from "./held-messages.ts"
import { parseBody } from "./parse-body.ts"
import type { HeldMessage, SettleMessage, SettleParts } from "./settle-message.ts"

/** What ReceiveMessage takes and gives. */
const maxMessages = 10
const maxWaitSeconds = 20
const answerMs = 10_000

type ReceiveOptions = Parameters<JobSource["receive"]>[1]

export interface SourceParts extends SettleParts {
  clock: Clock
  held: HeldMessages
  settling: SettleMessage
}

/** The pull side over SQS: long polls, so that a queue that rests costs three requests a minute. Hands out ten jobs a call at most. */
export function createJobSource(parts: SourceParts): JobSource {
  const { clock, held, settling, requests, office } = parts

  return {
    async receive(queue, options) {
      const end = clock.now() + options.waitMs
      while (!requests.closed && options.signal?.aborted !== true) {
        const messages = await poll(parts, queue, { ...options, waitMs: Math.max(end - clock.now(), 0) })
        const jobs = await handOut(parts, { queue, messages, options })
        if (jobs.length > 0) return jobs
        if (messages.length === 0 && clock.now() >= end) return []
      }
      return []
    },
    async extend(queue, id, visibilityMs) {
      const handle = held.handleOf(queue, id)
      if (handle === undefined) return
      if (await settling.hide(queue, handle, visibilityMs))
        held.hold(queue, id, { handle, until: clock.now() + visibilityMs })
    },
    deadLetters: office.deadLetters,
    redrive: office.redrive,
  }
}

/** One request. What it would have brought when it is cut short is shown to others once its visibility ends. */
async function poll(
  { sqs, requests, urls }: SourceParts,
  queue: QueueName,
  options: ReceiveOptions,
): Promise<Message[]> {
  const waitSeconds = Math.min(Math.ceil(options.waitMs / 1000), maxWaitSeconds)
  const command = new ReceiveMessageCommand({
    QueueUrl: urls.of(queue),
    MaxNumberOfMessages: Math.min(options.max, maxMessages),
    VisibilityTimeout: Math.ceil(options.visibilityMs / 1000),
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ["ApproximateReceiveCount", "MessageGroupId"],
  })
  const { signal } = options
  try {
    const { Messages } = await requests.ask((abortSignal) => sqs.send(command, { abortSignal }), {
      timeoutMs: waitSeconds * 1000 + answerMs,
      signal,
    })
    return Messages ?? []
  } catch (error) {
    if (requests.closed || signal?.aborted === true) return []
    throw error
  }
}

async function handOut(
  parts: SourceParts,
  { queue, messages, options }: { queue: QueueName; messages: readonly Message[]; options: ReceiveOptions },
): Promise<ReceivedJob[]> {
  const { settling } = parts
  const jobs: ReceivedJob[] = []
  const burials: Promise<void>[] = []
  for (const message of messages) {
    const job = heldOf(message)
    const before = job.receives - 1
    if (before >= options.maxReceives) {
      burials.push(settling.bury(queue, { ...job, receives: before }, `received ${before} times without an answer`))
    } else jobs.push(receivedOf(parts, { queue, id: message.MessageId ?? "", message: job, options }))
  }
  const failed = (await Promise.allSettled(burials)).find((burial) => burial.status === "rejected")
  // Who is not buried comes again; the others are handed out all the same.
  if (failed !== undefined && jobs.length === 0) throw failed.reason
  return jobs
}

function receivedOf(
  { clock, held, settling }: SourceParts,
  { queue, id, message, options }: { queue: QueueName; id: string; message: HeldMessage; options: ReceiveOptions },
): ReceivedJob {
  held.hold(queue, id, { handle: message.handle, until: clock.now() + options.visibilityMs })
  let settled = false
  return {
    id,
    body: parseBody(message.body),
    receives: message.receives,
    async settle(disposition) {
      if (settled) return
      settled = true
      held.release(queue, id, message.handle)
      await settling.settle(queue, message, disposition)
    },
  }
}

function heldOf({ Body = "", ReceiptHandle = "", Attributes = {} }: Message): HeldMessage {
  return {
    body: Body,
    handle: ReceiptHandle,
    receives: Number(Attributes.ApproximateReceiveCount ?? 1),
    group: Attributes.MessageGroupId ?? "",
  }
}

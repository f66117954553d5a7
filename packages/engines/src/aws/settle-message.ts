import { ChangeMessageVisibilityCommand, DeleteMessageCommand } from "@aws-sdk/client-sqs"
import type { QueueName } from "@postrider/core/job/job"
import { type Disposition, maxDelayMs } from "@postrider/core/ports/job-queue"
import { nameOfFault, statusOfFault } from "./aws-fault.ts"
import type { DeadLetterOffice } from "./dead-letters.ts"
import type { QueueParts, QueueUrls } from "./queue-urls.ts"

export interface HeldMessage {
  handle: string
  body: string
  group: string
  receives: number
}

export interface SettleParts extends QueueParts {
  urls: QueueUrls
  office: DeadLetterOffice
}

/** Seconds that a message stays hidden while it is buried. */
const buryingSeconds = 60

export interface SettleMessage {
  remove(queue: QueueName, handle: string): Promise<void>
  /** Shows it again after `ms`. False when the handle is not valid any more. */
  hide(queue: QueueName, handle: string, ms: number): Promise<boolean>
  bury(queue: QueueName, message: HeldMessage, why: string): Promise<void>
  settle(queue: QueueName, message: HeldMessage, disposition: Disposition): Promise<void>
}

/** The three answers of a worker, as SQS knows them. Each does nothing when the message is not ours any more. */
export function createSettleMessage({ sqs, requests, urls, office }: SettleParts): SettleMessage {
  async function hide(queue: QueueName, ReceiptHandle: string, ms: number): Promise<boolean> {
    const VisibilityTimeout = Math.ceil(ms / 1000)
    const command = new ChangeMessageVisibilityCommand({ QueueUrl: urls.of(queue), ReceiptHandle, VisibilityTimeout })
    return requests.ask((abortSignal) => sqs.send(command, { abortSignal }).then(() => true, unlessGone))
  }

  async function remove(queue: QueueName, ReceiptHandle: string): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: urls.of(queue), ReceiptHandle })
    await requests.ask((abortSignal) => sqs.send(command, { abortSignal }).catch(unlessGone))
  }

  async function bury(queue: QueueName, { handle, body, group, receives }: HeldMessage, why: string): Promise<void> {
    // Asked first, so that a letter is not written for a job that runs elsewhere by now.
    if (!(await hide(queue, handle, buryingSeconds * 1000))) return
    await office.bury(queue, { body, group, receives, why })
    await remove(queue, handle)
  }

  return {
    remove,
    hide,
    bury,
    async settle(queue, message, disposition) {
      switch (disposition.kind) {
        case "done":
          return remove(queue, message.handle)
        case "retry": {
          await hide(queue, message.handle, Math.min(Math.max(disposition.delayMs, 0), maxDelayMs))
          return
        }
        case "reject":
          return bury(queue, message, disposition.why)
      }
    },
  }
}

/** SQS refuses the handle of a message that another receiver has, or that is gone, under several names. */
function unlessGone(error: unknown): false {
  const name = nameOfFault(error)
  if (/MessageNotInflight|ReceiptHandleIsInvalid/.test(name)) return false
  if (statusOfFault(error) === 400 && name === "InvalidParameterValue") return false
  throw error
}

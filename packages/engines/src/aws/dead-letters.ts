import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs"
import type { QueueName } from "@postrider/core/job/job"
import type { DeadLetter, JobSource } from "@postrider/core/ports/job-queue"
import { readPageCursor, writePageCursor } from "../page-cursor.ts"
import { compareUtf8 } from "../utf8-order.ts"
import { overloaded } from "./aws-fault.ts"
import { parseBody } from "./parse-body.ts"
import type { QueueUrls } from "./queue-urls.ts"
import { type SendParts, sendMessages } from "./send-messages.ts"

/** Letters that one call looks at. */
const maxLetters = 1000
const maxLetterBytes = 64 * 1024 * 1024
const hiddenSeconds = 60

export interface DeadJob {
  body: string
  group: string
  receives: number
  why: string
}

export interface DeadLetterOffice extends Pick<JobSource, "deadLetters" | "redrive"> {
  bury(queue: QueueName, job: DeadJob): Promise<void>
}

interface Found {
  letter: DeadLetter
  order: string
  handle: string
  text: string
  group: string
}

/**
 * The dead-letter queues. SQS cannot be leafed through: to look at the letters they are received, up to 1,000 a call, and put back,
 * so two that look at once see a part each, and what a killed process had in hand shows again after a minute.
 */
export function createDeadLetterOffice(parts: SendParts & { urls: QueueUrls }): DeadLetterOffice {
  const { urls, clock } = parts
  let buried = 0

  return {
    async bury(queue, { body, group, receives, why }) {
      const at = clock.now()
      const order = `${at}.${String(buried++).padStart(12, "0")}`
      const attributes = { why: printable(why), receives: String(receives), at: String(at), order }
      await sendMessages(parts, await urls.deadOf(queue), [{ body, group, attributes }])
    },
    async deadLetters(queue, { after, limit }) {
      const position = after === undefined ? undefined : readPageCursor(after)
      const url = await urls.deadOf(queue)
      const all = await takeAll(parts, queue, url)
      await putBack(parts, url, all)
      const rest = all.filter((found) => position === undefined || comparePlace(placeOf(found), position) > 0)
      const shown = rest.slice(0, limit)
      const letters = shown.map(({ letter }) => letter)
      const last = shown.at(-1)
      return rest.length > limit && last ? { letters, next: writePageCursor(placeOf(last)) } : { letters }
    },
    async redrive(queue, ids) {
      const url = await urls.deadOf(queue)
      for (let sent = 0; ; ) {
        const all = await takeAll(parts, queue, url)
        const again = all.filter(({ letter }) => ids === undefined || ids.includes(letter.id))
        await sendAgain(parts, { url, queue, letters: again })
        await putBack(
          parts,
          url,
          all.filter((found) => !again.includes(found)),
        )
        sent += again.length
        if (ids !== undefined || all.length < maxLetters) return sent
      }
    },
  }
}

/** Sent first, removed second: a crash in between sends a job twice, and loses none. */
async function sendAgain(
  parts: SendParts & { urls: QueueUrls },
  { url, queue, letters }: { url: string; queue: QueueName; letters: readonly Found[] },
): Promise<void> {
  const { sqs, requests, urls } = parts
  for (const some of inTens(letters)) {
    const messages = some.map(({ text, group }) => ({ body: text, group }))
    await sendMessages(parts, urls.of(queue), messages)
    const Entries = some.map(({ handle }, at) => ({ Id: String(at), ReceiptHandle: handle }))
    const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries })
    const { Failed = [] } = await requests.ask((abortSignal) => sqs.send(command, { abortSignal }))
    if (Failed.length > 0) throw overloaded(`${Failed.length} dead letters not removed: ${Failed[0]?.Code}`)
  }
}

/** Oldest first, hidden from others for a minute. */
async function takeAll({ sqs, requests }: SendParts, queue: QueueName, QueueUrl: string): Promise<Found[]> {
  const count = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] })
  const { Attributes } = await requests.ask((abortSignal) => sqs.send(count, { abortSignal }))
  const expected = Number(Attributes?.ApproximateNumberOfMessages ?? 0)
  const found = new Map<string, Found>()
  let bytes = 0
  for (let empty = 0; found.size < maxLetters && bytes < maxLetterBytes && empty < 2; ) {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: hiddenSeconds,
      // A short poll asks some of the servers alone: good enough once all that are expected were seen.
      WaitTimeSeconds: found.size < expected ? 1 : 0,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["SentTimestamp", "ApproximateReceiveCount", "MessageGroupId"],
    })
    const { Messages = [] } = await requests.ask((abortSignal) => sqs.send(command, { abortSignal }))
    for (const message of Messages) found.set(message.MessageId ?? "", foundOf(queue, message))
    bytes += Messages.reduce((sum, { Body = "" }) => sum + Body.length, 0)
    empty = Messages.length > 0 ? 0 : found.size < expected ? empty + 1 : 2
  }
  return [...found.values()].sort((a, b) => comparePlace(placeOf(a), placeOf(b)))
}

async function putBack({ sqs, requests }: SendParts, QueueUrl: string, letters: readonly Found[]): Promise<void> {
  for (const some of inTens(letters)) {
    const Entries = some.map(({ handle }, at) => ({ Id: String(at), ReceiptHandle: handle, VisibilityTimeout: 0 }))
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })
    // Those that stay hidden show again by themselves.
    await requests.ask((abortSignal) => sqs.send(command, { abortSignal }))
  }
}

/** A letter that SQS moved by itself says nothing of its own. */
function foundOf(queue: QueueName, message: Message): Found {
  const {
    MessageId: id = "",
    Body: text = "",
    ReceiptHandle: handle = "",
    Attributes = {},
    MessageAttributes = {},
  } = message
  const said = (name: string): string | undefined => MessageAttributes[name]?.StringValue
  const receives = Number(said("receives") ?? Attributes.ApproximateReceiveCount ?? 1)
  const at = Number(said("at") ?? Attributes.SentTimestamp ?? 0)
  const why = said("why") ?? "received too often without an answer"
  const letter = { id, queue, body: parseBody(text), why, receives, at }
  return { letter, order: said("order") ?? String(at), handle, text, group: Attributes.MessageGroupId ?? "" }
}

function placeOf({ order, letter }: Found) {
  return { sort: order, id: letter.id }
}

function comparePlace(a: { sort: string; id: string }, b: { sort: string; id: string }): number {
  return compareUtf8(a.sort, b.sort) || compareUtf8(a.id, b.id)
}

function inTens<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / 10) }, (_, n) => all.slice(n * 10, n * 10 + 10))
}

/** An attribute is not empty, and holds what XML can carry. */
function printable(why: string): string {
  const kept = why.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/gu, "").slice(0, 1000)
  return kept === "" ? "no reason given" : kept
}

import { createHash } from "node:crypto"
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from "@aws-sdk/client-sqs"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import { overloaded } from "./aws-fault.ts"
import type { Requests } from "./requests.ts"

export interface MessageToSend {
  body: string
  delayMs?: number
  group?: string
  /** Sent beside the body; values are not empty. */
  attributes?: Record<string, string>
}

export interface SendParts {
  sqs: SQSClient
  requests: Requests
  clock: Clock
  ids: Ids
}

/** What SendMessageBatch takes: entries, and octets of all of them together. */
const maxEntries = 10
const maxBatchBytes = 1024 * 1024
const batchesAtOnce = 4
const maxRounds = 5
const firstPauseMs = 100

type Entry = SendMessageBatchRequestEntry

/**
 * Sends messages to one queue, in as few requests as they fit in. Resolves when SQS has taken all; entries that it could not take are
 * sent again.
 */
export async function sendMessages(parts: SendParts, url: string, messages: readonly MessageToSend[]): Promise<void> {
  const batches = inBatches(messages)
  for (let at = 0; at < batches.length; at += batchesAtOnce) {
    await Promise.all(batches.slice(at, at + batchesAtOnce).map((entries) => sendBatch(parts, url, entries)))
  }
}

function inBatches(messages: readonly MessageToSend[]): Entry[][] {
  const batches: Entry[][] = []
  let entries: Entry[] = []
  let bytes = 0
  for (const message of messages) {
    const body = forXml(message.body)
    const more = Buffer.byteLength(body) + attributeBytes(message.attributes)
    if (entries.length === maxEntries || (entries.length > 0 && bytes + more > maxBatchBytes)) {
      batches.push(entries)
      entries = []
      bytes = 0
    }
    entries.push(entryOf({ ...message, body }, String(entries.length)))
    bytes += more
  }
  return entries.length === 0 ? batches : [...batches, entries]
}

async function sendBatch({ sqs, requests, clock, ids }: SendParts, QueueUrl: string, entries: Entry[]): Promise<void> {
  let left = entries
  for (let round = 0; ; round++) {
    const command = new SendMessageBatchCommand({ QueueUrl, Entries: left })
    const { Failed = [] } = await requests.ask((abortSignal) => sqs.send(command, { abortSignal }))
    if (Failed.length === 0) return
    const refused = Failed.find(({ SenderFault }) => SenderFault === true)
    if (refused) {
      throw new RelayError("internal", "The job cannot be queued.", { internal: `sqs: ${refused.Code}` })
    }
    if (round === maxRounds) throw overloaded(`${Failed.length} entries not taken: ${Failed[0]?.Code}`)
    left = left.filter(({ Id }) => Failed.some((failed) => failed.Id === Id))
    await clock.sleep(firstPauseMs * 2 ** round * (0.5 + ids.fraction()))
  }
}

function entryOf({ body, delayMs = 0, group = "", attributes }: MessageToSend, Id: string): Entry {
  return {
    Id,
    MessageBody: body,
    ...(delayMs > 0 && { DelaySeconds: Math.ceil(delayMs / 1000) }),
    ...(group !== "" && { MessageGroupId: groupId(group) }),
    ...(attributes && {
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: "String", StringValue: value }]),
      ),
    }),
  }
}

/** A group of a standard queue shares it fairly and orders nothing. SQS takes up to 128 printable ASCII characters. */
function groupId(group: string): string {
  return /^[!-~]{1,128}$/.test(group) ? group : createHash("sha256").update(group).digest("hex")
}

/**
 * JSON escapes what XML 1.0 cannot carry (section 2.2), but for two characters; and servers like SQS know no character beyond U+FFFF.
 */
function forXml(json: string): string {
  return json.replace(/[\ud800-\udfff\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`)
}

function attributeBytes(attributes: Record<string, string> = {}): number {
  const perType = "String".length
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + name.length + perType + Buffer.byteLength(value),
    0,
  )
}

import type { ServerResponse } from "node:http"
import { setTimeout as pause } from "node:timers/promises"
import type { FaultKind } from "./aws-faults.ts"
import type { AwsLedger } from "./aws-ledger.ts"
import { forward, type WireAnswer, type WireRequest } from "./wire.ts"

export interface SentEntry {
  Id: string
  MessageBody: string
  DelaySeconds?: number
  MessageGroupId?: string
}

interface Batch {
  QueueUrl: string
  Entries: SentEntry[]
}

interface BatchAnswer {
  Successful?: unknown[]
  Failed?: unknown[]
}

export interface SqsProxy {
  handle(
    request: WireRequest,
    body: Buffer,
    use: { fault: FaultKind | undefined; to: ServerResponse },
  ): Promise<WireAnswer>
  /** Batches that were sent, in order. */
  sent: SentEntry[][]
}

/** Longest delay that SQS takes; the stand-in takes any. */
const maxDelaySeconds = 900
const unitBytes = 64 * 1024
const lateSeconds = 5

/**
 * Polls on a clock that the tests move, for as long as somebody listens: a job is not handed to who has gone. Refuses what SQS refuses
 * and its stand-in does not.
 */
export function createSqsProxy(options: { url: string; ledger: AwsLedger; now: () => number }): SqsProxy {
  const { url, ledger, now } = options
  const sent: SentEntry[][] = []

  async function receive(request: WireRequest, body: Buffer, to: ServerResponse): Promise<WireAnswer> {
    const asked: { WaitTimeSeconds?: number } = JSON.parse(body.toString())
    const short = Buffer.from(JSON.stringify({ ...asked, WaitTimeSeconds: 0 }))
    const end = now() + (asked.WaitTimeSeconds ?? 0) * 1000
    for (;;) {
      const answer = await forward(url, request, short)
      const { Messages = [] }: { Messages?: unknown[] } = JSON.parse(answer.body.toString())
      if (answer.status !== 200 || Messages.length > 0 || now() >= end || to.destroyed) return answer
      await pause(5)
    }
  }

  async function sendBatch(request: WireRequest, body: Buffer, fault: FaultKind | undefined): Promise<WireAnswer> {
    const batch: Batch = JSON.parse(body.toString())
    sent.push(batch.Entries)
    ledger.add({ queueUnits: Math.max(1, Math.ceil(bytesOf(batch.Entries) / unitBytes)) - 1 })
    const refused = batch.Entries.filter(({ DelaySeconds = 0 }) => DelaySeconds > maxDelaySeconds)
    const taken = batch.Entries.filter((entry) => !refused.includes(entry))
    const now = fault === "partly" ? taken.slice(0, 1) : taken
    const passed = fault === "late" ? now.map((entry) => ({ ...entry, DelaySeconds: lateSeconds })) : now
    const send = () => forward(url, request, Buffer.from(JSON.stringify({ ...batch, Entries: passed })))
    const answer = await send()
    if (fault === "duplicate") await send()
    const shown: BatchAnswer = JSON.parse(answer.body.toString())
    const failed = [
      ...refused.map(({ Id }) => ({ Id, SenderFault: true, Code: "InvalidParameterValue" })),
      ...taken
        .filter((entry) => !now.includes(entry))
        .map(({ Id }) => ({ Id, SenderFault: false, Code: "InternalError" })),
    ]
    if (failed.length === 0) return answer
    return { ...answer, body: Buffer.from(JSON.stringify({ ...shown, Failed: [...(shown.Failed ?? []), ...failed] })) }
  }

  return {
    sent,
    async handle(request, body, { fault, to }) {
      ledger.add({ queueUnits: 1 })
      const operation = String(request.headers["x-amz-target"]).replace("AmazonSQS.", "")
      if (operation === "ReceiveMessage") return receive(request, body, to)
      if (operation === "SendMessageBatch") return sendBatch(request, body, fault)
      return forward(url, request, body)
    },
  }
}

function bytesOf(entries: readonly SentEntry[]): number {
  return entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0)
}

import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { LambdaContainer } from "./lambda-container.ts"

const apiHost = "abc123.lambda-url.us-east-1.on.aws"

export interface HttpResult {
  statusCode: number
  headers: Record<string, string>
  body: string
  isBase64Encoded: boolean
}

/** A request as a function URL or an HTTP API hands it over (payload 2.0). */
export function httpEvent(method: string, path: string, request: { key?: string; json?: unknown } = {}): unknown {
  const [rawPath = "", rawQueryString = ""] = path.split("?")
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    headers: {
      host: apiHost,
      "x-forwarded-proto": "https",
      ...(request.json !== undefined && { "content-type": "application/json" }),
      ...(request.key !== undefined && { authorization: `Bearer ${request.key}` }),
    },
    requestContext: {
      accountId: "anonymous",
      apiId: "abc123",
      domainName: apiHost,
      domainPrefix: "abc123",
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "test" },
      requestId: "request",
      routeKey: "$default",
      stage: "$default",
      time: "22/Nov/2026:12:00:00 +0000",
      timeEpoch: 0,
    },
    ...(request.json !== undefined && { body: JSON.stringify(request.json) }),
    isBase64Encoded: false,
  }
}

export interface SourceOptions {
  sqs: SQSClient
  queueUrl: string
  container: LambdaContainer
  /** Time that the function has left. */
  leftMs?: number | undefined
}

export interface Handed {
  jobs: string[]
  /** Ids of those that the function reported. */
  failed: string[]
}

/** One step of Lambda's event source mapping: up to ten messages to the function, those that it does not report as failed removed. */
export async function handOver({ sqs, queueUrl: QueueUrl, container, leftMs }: SourceOptions): Promise<Handed> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 600,
      MessageSystemAttributeNames: ["All"],
    }),
  )
  if (Messages.length === 0) return { jobs: [], failed: [] }
  const Records = Messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${QueueUrl.split("/").at(-1)}`,
    awsRegion: "us-east-1",
  }))
  const result = await container.invoke<{ batchItemFailures: { itemIdentifier: string }[] }>({ Records }, leftMs)
  const failed = result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
  for (const { MessageId = "", ReceiptHandle } of Messages) {
    if (!failed.includes(MessageId)) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
  return { jobs: Messages.map(({ Body = "" }) => Body), failed }
}

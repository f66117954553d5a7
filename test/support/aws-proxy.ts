import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AwsService } from "@postrider/engines/aws/clients"
import { createFaults, type Fault, type FaultKind, refusalOf } from "./aws-faults.ts"
import { type AwsUse, createAwsLedger } from "./aws-ledger.ts"
import { createDynamodbProxy } from "./dynamodb-proxy.ts"
import { createSqsProxy, type SentEntry } from "./sqs-proxy.ts"
import { collect, forward, pass, reply, type WireAnswer } from "./wire.ts"

export interface AwsProxy {
  endpoints: Record<AwsService, string>
  fault(fault: Fault): void
  /** Ends all faults that wait, and the lag. */
  heal(): void
  /** Queries show writes this much later. */
  lag(ms: number): void
  /** What was used since the last time. */
  use(): AwsUse
  /** Batches of messages that were sent to the queues, in order. */
  sent: readonly SentEntry[][]
  /** Resolves when the next request of this kind (`sqs ReceiveMessage`) has come. */
  nextRequest(name: string): Promise<void>
  /** Resolves when none of this kind is being answered. */
  quiet(name: string): Promise<void>
  close(): Promise<void>
}

export interface AwsUpstreams {
  s3: string
  dynamodb: string
  /** A second DynamoDB for what queries see while indexes lag. */
  replica: string
  sqs: string
  now: () => number
}

const services = ["s3", "dynamodb", "sqs"] as const

/** Stands in front of S3, DynamoDB and SQS: counts what is used and does wrong what it is told to. */
export async function startAwsProxy(upstreams: AwsUpstreams): Promise<AwsProxy> {
  const ledger = createAwsLedger()
  const faults = createFaults()
  const { now } = upstreams
  const dynamodb = createDynamodbProxy({ url: upstreams.dynamodb, replicaUrl: upstreams.replica, ledger, now })
  const sqs = createSqsProxy({ url: upstreams.sqs, ledger, now })
  const expected = new Map<string, (() => void)[]>()
  const running = new Map<string, Promise<void>[]>()

  async function answer(service: AwsService, from: IncomingMessage, to: ServerResponse): Promise<void> {
    const operation = operationOf(service, from)
    ledger.request(service, operation)
    for (const resolve of expected.get(`${service} ${operation}`) ?? []) resolve()
    expected.delete(`${service} ${operation}`)
    const fault = faults.next(service, operation)
    if (service === "s3" && fault === undefined) return pass(upstreams.s3, from, to)
    const body = await collect(from)
    if (fault === "throttle" || fault === "broken") {
      const { status, type, body: text } = refusalOf(service, fault)
      return reply(to, { status, headers: { "content-type": type }, body: Buffer.from(text) })
    }
    const request = { method: from.method, path: from.url, headers: from.headers }
    if (service === "s3") return finish(to, await forward(upstreams.s3, request, body), fault)
    if (service === "dynamodb") return finish(to, await dynamodb.handle(request, body, fault), fault)
    return finish(to, await sqs.handle(request, body, { fault, to }), fault)
  }

  function handle(service: AwsService, from: IncomingMessage, to: ServerResponse): void {
    const name = `${service} ${operationOf(service, from)}`
    const answering = answer(service, from, to).catch(() => void to.destroy())
    running.set(name, [...(running.get(name) ?? []), answering])
    void answering.then(() =>
      running.set(
        name,
        (running.get(name) ?? []).filter((other) => other !== answering),
      ),
    )
  }

  const servers = await Promise.all(
    services.map((service) =>
      listen((from, to) => {
        from.on("error", () => to.destroy())
        handle(service, from, to)
      }),
    ),
  )
  const [s3, dynamodbServer, sqsServer] = servers.map(urlOf)
  return {
    endpoints: { s3: s3 ?? "", dynamodb: dynamodbServer ?? "", sqs: sqsServer ?? "" },
    fault: faults.add,
    heal() {
      faults.clear()
      dynamodb.lag(0)
    },
    lag: dynamodb.lag,
    use: ledger.take,
    sent: sqs.sent,
    nextRequest(name) {
      const { promise, resolve } = Promise.withResolvers<void>()
      expected.set(name, [...(expected.get(name) ?? []), resolve])
      return promise
    },
    quiet: async (name) => void (await Promise.all(running.get(name) ?? [])),
    async close() {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
    },
  }
}

function finish(to: ServerResponse, answer: WireAnswer, fault: FaultKind | undefined): void {
  if (to.destroyed) return
  if (fault === "lost_answer") {
    to.destroy()
    return
  }
  if (fault !== "cut_answer") {
    reply(to, answer)
    return
  }
  to.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length })
  to.write(answer.body.subarray(0, answer.body.length / 2), () => to.destroy())
}

function operationOf(service: AwsService, { method, url = "/", headers }: IncomingMessage): string {
  const target = headers["x-amz-target"]
  if (service !== "s3") return String(target).replace(/^.*\./, "")
  const query = new URL(url, "http://s3").searchParams
  const named = query.get("x-id")
  if (named !== null) return named
  if (query.has("delete")) return "DeleteObjects"
  if (query.has("uploads")) return "CreateMultipartUpload"
  if (query.has("uploadId")) return method === "DELETE" ? "AbortMultipartUpload" : "CompleteMultipartUpload"
  return `${method?.slice(0, 1)}${method?.slice(1).toLowerCase()}Object`
}

async function listen(handle: (from: IncomingMessage, to: ServerResponse) => void): Promise<Server> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return server
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("not listening")
  return `http://127.0.0.1:${address.port}`
}

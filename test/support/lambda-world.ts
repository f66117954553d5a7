import { randomBytes } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { SQSClient } from "@aws-sdk/client-sqs"
import type { QueueName } from "@postrider/core/job/job"
import type { AwsOptions } from "@postrider/engines/aws/engine"
import { createClock } from "@postrider/runtime/clock"
import { createIds } from "@postrider/runtime/ids"
import { buildFunction } from "../../infra/lambda/build.ts"
import { type FunctionName, functionNames, functions } from "../../infra/lambda/functions.ts"
import { type AwsStandIns, startAwsStandIns } from "./aws-stand-ins.ts"
import { type LambdaContainer, startContainer } from "./lambda-container.ts"
import { type Handed, type HttpResult, handOver, httpEvent } from "./lambda-events.ts"

const adminKey = randomBytes(24).toString("hex")

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON, and expect() checks what it is
  body: any
}

/** A deployment on this machine: our bundles under AWS's runtime client, its stores and queues stood in for. */
export interface LambdaWorld {
  standIns: AwsStandIns
  place: AwsOptions
  /** The function's container, started when first asked for. */
  container(name: FunctionName): Promise<LambdaContainer>
  call(method: string, path: string, json?: unknown): Promise<Answer>
  /** Puts text into a queue as it is. */
  sqs: SQSClient
  /** Hands over what lies in a queue, ten at a time, until it is empty. `leftMs` is the time of the function. */
  work(queue: QueueName, leftMs?: number): Promise<Handed>
  stop(): Promise<void>
}

export async function startLambdaWorld(): Promise<LambdaWorld> {
  const outdir = await mkdtemp(join(tmpdir(), "lambda-"))
  const root = resolve(import.meta.dirname, "../..")
  const [standIns] = await Promise.all([
    startAwsStandIns(),
    ...functionNames.map((name) => buildFunction(name, { root, outdir })),
  ])
  const clock = createClock()
  const place = await standIns.createPlace({ clock, ids: createIds({ clock }) })
  const sqs = new SQSClient({
    region: "us-east-1",
    endpoint: standIns.proxy.endpoints.sqs,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  })
  const containers = new Map<FunctionName, Promise<LambdaContainer>>()
  const environment = environmentOf(place, standIns)

  function container(name: FunctionName): Promise<LambdaContainer> {
    const { timeoutSeconds, memoryMb, secrets } = functions[name]
    const known: readonly string[] = secrets
    // Secrets that are not for this function are not set.
    const given = Object.entries(environment).filter(
      ([key]) => known.includes(key) || !/_(MASTER|ADMIN)_KEY$/.test(key),
    )
    const options = { dir: join(outdir, name), environment: Object.fromEntries(given), timeoutSeconds, memoryMb }
    const started = containers.get(name) ?? startContainer(options)
    containers.set(name, started)
    return started
  }

  return {
    standIns,
    place,
    sqs,
    container,
    async call(method, path, json) {
      const event = httpEvent(method, path, { key: adminKey, json })
      const result = await (await container("api")).invoke<HttpResult>(event)
      const text = result.isBase64Encoded ? Buffer.from(result.body, "base64").toString() : result.body
      return { status: result.statusCode, body: text === "" ? null : parse(text) }
    },
    async work(queue, leftMs) {
      const all: Handed = { jobs: [], failed: [] }
      for (;;) {
        const source = { sqs, queueUrl: place.queues[queue], container: await container(`${queue}-worker`), leftMs }
        const { jobs, failed } = await handOver(source)
        if (jobs.length === 0) return all
        all.jobs.push(...jobs)
        all.failed.push(...failed)
      }
    },
    async stop() {
      await Promise.all([...containers.values()].map(async (each) => (await each).stop()))
      sqs.destroy()
      await standIns.stop()
      await rm(outdir, { recursive: true })
    },
  }
}

function parse(text: string): unknown {
  return text.startsWith("{") ? JSON.parse(text) : text
}

function environmentOf(place: AwsOptions, { proxy }: AwsStandIns): Record<string, string> {
  return {
    AWS_REGION: place.region ?? "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    POSTRIDER_ENGINE: "aws",
    POSTRIDER_BUCKET: place.bucket,
    POSTRIDER_TABLE: place.table,
    POSTRIDER_QUEUE_OUTBOUND: place.queues.outbound,
    POSTRIDER_QUEUE_POLL: place.queues.poll,
    POSTRIDER_QUEUE_WEBHOOK: place.queues.webhook,
    POSTRIDER_S3_ENDPOINT: proxy.endpoints.s3,
    POSTRIDER_DYNAMODB_ENDPOINT: proxy.endpoints.dynamodb,
    POSTRIDER_SQS_ENDPOINT: proxy.endpoints.sqs,
    POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
    POSTRIDER_MASTER_KEY: randomBytes(32).toString("base64"),
    POSTRIDER_ADMIN_KEY: adminKey,
  }
}

import {
  type AttributeDefinition,
  CreateTableCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
} from "@aws-sdk/client-dynamodb"
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3"
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs"
import { type QueueName, queueNames } from "@postrider/core/job/job"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import { indexNames } from "@postrider/core/ports/record-store"
import type { AwsCredentials, AwsService } from "@postrider/engines/aws/clients"
import type { AwsOptions } from "@postrider/engines/aws/engine"
import { type AwsProxy, startAwsProxy } from "./aws-proxy.ts"
import { startDynalite } from "./dynalite.ts"
import { startFauxqs } from "./fauxqs.ts"

export interface AwsStandIns {
  proxy: AwsProxy
  /** Moves the time of the queues and of what lags. */
  advance(ms: number): void
  /** A bucket, a table and three queues of their own, as an engine takes them. */
  createPlace(parts: { clock: Clock; ids: Ids }): Promise<AwsOptions>
  stop(): Promise<void>
}

export interface S3StandIn {
  url: string
  credentials: AwsCredentials
}

const region = "us-east-1"
const account = "000000000000"
const anyone: AwsCredentials = { accessKeyId: "test", secretAccessKey: "test" }

/** DynamoDB by dynalite, SQS by fauxqs, S3 by fauxqs or by the one given, all behind one proxy. */
export async function startAwsStandIns(options: { s3?: S3StandIn } = {}): Promise<AwsStandIns> {
  const [fauxqs, dynalite, replica] = await Promise.all([startFauxqs(), startDynalite(), startDynalite()])
  const s3 = options.s3 ?? { url: fauxqs.url, credentials: anyone }
  const proxy = await startAwsProxy({
    s3: s3.url,
    dynamodb: dynalite.url,
    replica: replica.url,
    sqs: fauxqs.url,
    now: fauxqs.now,
  })
  const credentials = { s3: s3.credentials, dynamodb: anyone, sqs: anyone }
  const clients = createAdmins(proxy.endpoints, credentials)
  let places = 0

  return {
    proxy,
    advance: fauxqs.advance,
    async createPlace({ clock, ids }) {
      const name = `place-${process.pid}-${++places}`
      const [queues] = await Promise.all([
        createQueues(clients.sqs, { name, endpoint: proxy.endpoints.sqs }),
        clients.dynamodb.send(createTable(name)),
        clients.s3.send(new CreateBucketCommand({ Bucket: name })),
      ])
      proxy.use()
      return { bucket: name, table: name, queues, endpoints: proxy.endpoints, credentials, region, clock, ids }
    },
    async stop() {
      for (const client of Object.values(clients)) client.destroy()
      await proxy.close()
      await Promise.all([fauxqs.stop(), dynalite.stop(), replica.stop()])
    },
  }
}

function createAdmins(endpoints: Record<AwsService, string>, credentials: Record<AwsService, AwsCredentials>) {
  return {
    s3: new S3Client({ region, endpoint: endpoints.s3, credentials: credentials.s3, forcePathStyle: true }),
    dynamodb: new DynamoDBClient({ region, endpoint: endpoints.dynamodb, credentials: credentials.dynamodb }),
    sqs: new SQSClient({ region, endpoint: endpoints.sqs, credentials: credentials.sqs }),
  }
}

/** As the deployment makes it: on demand, five keys-only indexes. */
export function createTable(TableName: string): CreateTableCommand {
  const names = indexNames.flatMap((index) => [`${index}_part`, `${index}_sort`])
  const attributes: AttributeDefinition[] = ["id", ...names].map((name) => ({
    AttributeName: name,
    AttributeType: "S",
  }))
  const indexes: GlobalSecondaryIndex[] = indexNames.map((index) => ({
    IndexName: index,
    KeySchema: [
      { AttributeName: `${index}_part`, KeyType: "HASH" },
      { AttributeName: `${index}_sort`, KeyType: "RANGE" },
    ],
    Projection: { ProjectionType: "KEYS_ONLY" },
  }))
  return new CreateTableCommand({
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: attributes,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    GlobalSecondaryIndexes: indexes,
  })
}

async function createQueues(
  sqs: SQSClient,
  { name, endpoint }: { name: string; endpoint: string },
): Promise<Record<QueueName, string>> {
  const urls = await Promise.all(
    queueNames.map(async (queue) => {
      const dead = `${name}-${queue}-dead`
      await sqs.send(new CreateQueueCommand({ QueueName: dead }))
      const policy = { deadLetterTargetArn: `arn:aws:sqs:${region}:${account}:${dead}`, maxReceiveCount: 1000 }
      const Attributes = { RedrivePolicy: JSON.stringify(policy) }
      await sqs.send(new CreateQueueCommand({ QueueName: `${name}-${queue}`, Attributes }))
      return [queue, `${endpoint}/${account}/${name}-${queue}`] as const
    }),
  )
  return { outbound: "", poll: "", webhook: "", ...Object.fromEntries(urls) }
}

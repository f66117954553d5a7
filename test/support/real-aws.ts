import { DeleteTableCommand, DynamoDBClient, ScanCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb"
import { CreateBucketCommand, DeleteBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3"
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs"
import { queueNames } from "@postrider/core/job/job"
import { createAwsEngine } from "@postrider/engines/aws/engine"
import { createClock } from "@postrider/runtime/clock"
import { createIds } from "@postrider/runtime/ids"
import type { EngineUnderTest } from "../contracts/engine-contract.ts"
import { createTable } from "./aws-stand-ins.ts"
import { createManualClock } from "./manual-clock.ts"

export interface RealAws {
  /** For content and records: the time of records is ours to move. */
  stores: EngineUnderTest
  /** For jobs: on real time, and a receive waits two seconds at least, for a short poll may miss what is there. */
  queues: EngineUnderTest
  stop(): Promise<void>
}

const tableSeconds = 300
const pollMs = 2_000
const lagMs = 3_000

/**
 * A bucket and a table in the account of the environment's credentials, emptied before each case; three queues of its own for each.
 * All are named `postrider-test-…` and removed at the end. Costs cents.
 */
export async function startRealAws(): Promise<RealAws> {
  const [s3, dynamodb, sqs] = [new S3Client({}), new DynamoDBClient({}), new SQSClient({})]
  const name = `postrider-test-${createIds({ clock: createClock() }).token(12).toLowerCase()}`
  const region = await s3.config.region()
  const constraint =
    region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } }
  await s3.send(new CreateBucketCommand({ Bucket: name, ...constraint }))
  await dynamodb.send(createTable(name))
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: tableSeconds }, { TableName: name })
  const made: string[] = []

  async function createQueue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
    made.push(QueueUrl)
    return QueueUrl
  }

  async function createQueues(prefix: string) {
    const queues = { outbound: "", poll: "", webhook: "" }
    for (const queue of queueNames) {
      const dead = await createQueue(`${prefix}-${queue}-dead`)
      const arn = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }))
      const policy = { deadLetterTargetArn: arn.Attributes?.QueueArn, maxReceiveCount: 1000 }
      queues[queue] = await createQueue(`${prefix}-${queue}`, { RedrivePolicy: JSON.stringify(policy) })
    }
    return queues
  }

  async function empty(): Promise<void> {
    const clock = createClock()
    const engine = createAwsEngine({ bucket: name, table: name, queues: noQueues, clock, ids: createIds({ clock }) })
    for (let more = true; more; ) {
      const { Contents = [], IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: name }))
      await engine.content.delete(Contents.map(({ Key = "" }) => Key))
      more = IsTruncated === true
    }
    const { Items = [] } = await dynamodb.send(
      new ScanCommand({ TableName: name, ProjectionExpression: "id", ConsistentRead: true }),
    )
    await Promise.all(Items.map(({ id }) => engine.records.delete(id?.S ?? "")))
    await engine.close()
  }

  const stores: EngineUnderTest = {
    async open() {
      await empty()
      const clock = createManualClock(Date.now())
      const open = () =>
        createAwsEngine({ bucket: name, table: name, queues: noQueues, clock, ids: createIds({ clock }) })
      let engine = open()
      return {
        get engine() {
          return engine
        },
        now: clock.now,
        advance: clock.advance,
        catchUp: () => createClock().sleep(lagMs),
        async reopen() {
          await engine.close()
          engine = open()
        },
        close: () => engine.close(),
      }
    },
  }
  const queues: EngineUnderTest = {
    async open() {
      const clock = createClock()
      const urls = await createQueues(`${name}-${made.length}`)
      const engine = createAwsEngine({ bucket: name, table: name, queues: urls, clock, ids: createIds({ clock }) })
      const { source } = engine
      const receive: typeof source.receive = (queue, options) =>
        source.receive(queue, { ...options, waitMs: Math.max(options.waitMs, pollMs) })
      return {
        engine: { ...engine, source: { ...source, receive } },
        now: clock.now,
        advance: (ms) => clock.sleep(ms),
        catchUp: async () => {},
        reopen: async () => {},
        close: () => engine.close(),
      }
    },
  }
  return {
    stores,
    queues,
    async stop() {
      await empty()
      await s3.send(new DeleteBucketCommand({ Bucket: name }))
      await dynamodb.send(new DeleteTableCommand({ TableName: name }))
      for (const QueueUrl of made) await sqs.send(new DeleteQueueCommand({ QueueUrl }))
      for (const client of [s3, dynamodb, sqs]) client.destroy()
    },
  }
}

const noQueues = { outbound: "", poll: "", webhook: "" }

import { holdsOn, type PostriderSettings } from "./defaults.ts"
import { resources } from "./lambda/resources.ts"

/** A mail may be scheduled a year ahead and then be tried for five days: its content must be there when it is due. */
const longestWaitDays = 371

/** Mail lies in a private bucket under plain keys, everything that is listed, waited for or counted in one table. */
export function createStorage(name: string, settings: PostriderSettings) {
  const bucket = new sst.aws.Bucket(`${name}Content`, {
    cors: false,
    enforceHttps: true,
    transform: {
      bucket: (args) => {
        args.forceDestroy = !holdsOn()
      },
    },
  })
  new aws.s3.BucketServerSideEncryptionConfiguration(`${name}ContentEncryption`, {
    bucket: bucket.name,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: resources.bucket.encryption } }],
  })
  new aws.s3.BucketLifecycleConfiguration(`${name}ContentLifecycle`, {
    bucket: bucket.name,
    rules: [
      {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: resources.bucket.abortUploadsDays },
      },
      ...expiries(settings).map(({ prefix, days }) => ({
        id: prefix.replace("/", ""),
        status: "Enabled",
        filter: { prefix },
        expiration: { days },
      })),
    ],
  })
  return { bucket, table: createTable(name) }
}

function expiries({ keepMessagesDays }: PostriderSettings): { prefix: string; days: number }[] {
  const messages =
    keepMessagesDays === undefined
      ? []
      : [
          { prefix: "inbound/", days: keepMessagesDays },
          { prefix: "outbound/", days: keepMessagesDays + longestWaitDays },
        ]
  return [...messages, ...Object.entries(resources.bucket.expireDays).map(([prefix, days]) => ({ prefix, days }))]
}

/** On demand, restorable to any second of the last 35 days. */
function createTable(name: string) {
  const { key, ttl, indexes } = resources.table
  const fields = [key, ...indexes.flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey])]
  return new sst.aws.Dynamo(`${name}Records`, {
    fields: Object.fromEntries(fields.map((field) => [field, "string" as const])),
    primaryIndex: { hashKey: key },
    globalIndexes: Object.fromEntries(
      indexes.map(({ name: index, partitionKey, sortKey }) => [
        index,
        { hashKey: partitionKey, rangeKey: sortKey, projection: "keys-only" as const },
      ]),
    ),
    ttl,
    deletionProtection: holdsOn(),
  })
}

export type Storage = ReturnType<typeof createStorage>

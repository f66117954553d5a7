import { queueNames, visibilitySeconds } from "./functions.ts"

/** Jobs that SQS hands over at a time. */
export const batchSize = 10
export const scheduleExpression: "rate(1 minute)" = "rate(1 minute)"
export const scheduleRetries = 2
/** The longest that SQS keeps a message, 14 days. */
const retentionSeconds = 1_209_600
/** A job that found no end by then, each time put off for longer, is for a human to look at. */
const maxReceiveCount = 20

/** What stands around the functions. One description, for SST and for whoever sets it up with another tool. */
export const resources = {
  bucket: {
    public: false,
    encryption: "AES256",
    /** `POSTRIDER_KEEP_MESSAGES_DAYS` adds inbound/ and outbound/, see infra/storage.ts. */
    expireDays: { "uploads/": 2, "exports/": 7 },
    abortUploadsDays: 2,
  },
  table: {
    billing: "PAY_PER_REQUEST",
    key: "id",
    ttl: "expires_at",
    pointInTimeRecovery: true,
    indexes: ["owner", "day", "tenant", "thread", "due"].map((name) => ({
      name,
      partitionKey: `${name}_part`,
      sortKey: `${name}_sort`,
      projection: "KEYS_ONLY",
    })),
  },
  queues: queueNames.map((name) => ({
    name,
    visibilityTimeoutSeconds: visibilitySeconds(name),
    retentionSeconds,
    deadLetters: { maxReceiveCount, retentionSeconds },
  })),
}

/** One environment variable: the table that reading, the start-up summary and the README's list are made of. */
export interface Setting {
  name: `POSTRIDER_${string}`
  /** Shown where the value is absent. */
  fallback: string
  /** One sentence, for the README. */
  meaning: string
  /** Never shown. */
  secret?: boolean
}

export const settings = [
  {
    name: "POSTRIDER_ENGINE",
    fallback: "embedded",
    meaning:
      "`embedded` (one process, SQLite and files), `aws` (S3, DynamoDB and SQS) or `memory` (for tests; loses everything).",
  },
  { name: "POSTRIDER_DATA_DIR", fallback: "./data", meaning: "Where the embedded engine keeps its files." },
  { name: "POSTRIDER_BUCKET", fallback: "none", meaning: "Bucket of the aws engine." },
  { name: "POSTRIDER_TABLE", fallback: "none", meaning: "DynamoDB table of the aws engine." },
  { name: "POSTRIDER_QUEUE_OUTBOUND", fallback: "none", meaning: "URL of the SQS queue of mail to send." },
  { name: "POSTRIDER_QUEUE_POLL", fallback: "none", meaning: "URL of the SQS queue of mailboxes to poll." },
  { name: "POSTRIDER_QUEUE_WEBHOOK", fallback: "none", meaning: "URL of the SQS queue of events to deliver." },
  { name: "POSTRIDER_S3_ENDPOINT", fallback: "AWS", meaning: "Base URL of another S3 store, for content." },
  { name: "POSTRIDER_DYNAMODB_ENDPOINT", fallback: "AWS", meaning: "Base URL of another DynamoDB." },
  { name: "POSTRIDER_SQS_ENDPOINT", fallback: "AWS", meaning: "Base URL of another SQS." },
  { name: "POSTRIDER_HOST", fallback: "127.0.0.1", meaning: "Address to listen on." },
  { name: "POSTRIDER_PORT", fallback: "3025", meaning: "Port to listen on; 0 takes a free one." },
  {
    name: "POSTRIDER_PUBLIC_URL",
    fallback: "`http://<host>:<port>`",
    meaning: "Base of the links in answers and events.",
  },
  {
    name: "POSTRIDER_ADMIN_KEY",
    fallback: "made and printed at the first start",
    meaning: "API key with every right, 32 characters or more.",
    secret: true,
  },
  {
    name: "POSTRIDER_MASTER_KEY",
    fallback: "made and kept in the data directory; on aws it must be set",
    meaning: "32 bytes in base64 that seal stored credentials; several by comma: the first seals, all open.",
    secret: true,
  },
  {
    name: "POSTRIDER_ALLOW_NETWORKS",
    fallback: "none",
    meaning: "Networks (CIDR, by comma) that mail and webhook connections may reach beyond the public internet.",
  },
  { name: "POSTRIDER_ALLOW_PORTS", fallback: "none", meaning: "Mail ports beyond the usual ones, by comma." },
  { name: "POSTRIDER_WEBHOOK_PORTS", fallback: "443,8443", meaning: "Ports that webhooks may be sent to over https." },
  { name: "POSTRIDER_MAX_MESSAGE_BYTES", fallback: "67108864", meaning: "Largest mail, either way, octets." },
  { name: "POSTRIDER_KEEP_MESSAGES_DAYS", fallback: "for ever", meaning: "How long messages are kept." },
  { name: "POSTRIDER_KEEP_EVENTS_DAYS", fallback: "30", meaning: "How long events are kept." },
  { name: "POSTRIDER_LOG_LEVEL", fallback: "info", meaning: "`debug`, `info`, `warn`, `error` or `silent`." },
  {
    name: "POSTRIDER_TICK_SECONDS",
    fallback: "1; aws: 60",
    meaning: "How often due polls and retries are looked for.",
  },
] as const satisfies readonly Setting[]

export type SettingName = (typeof settings)[number]["name"]

import type { FunctionName, QueueName } from "./functions.ts"

/** What a grant is about. `objects` are the keys of the bucket below the prefixes. */
export type Target =
  | { kind: "table" }
  | { kind: "bucket" }
  | { kind: "objects"; prefixes: string[] }
  | { kind: "queues" | "dead_letters"; queues: QueueName[] }

export interface Grant {
  target: Target
  actions: string[]
}

const all: QueueName[] = ["outbound", "poll", "webhook"]
const mail = ["inbound/*", "outbound/*"]

/** Without s3:ListBucket S3 answers 403 where a key is missing. */
const seeMissing: Grant = { target: { kind: "bucket" }, actions: ["s3:ListBucket"] }
const read = (prefixes: string[]): Grant => ({ target: { kind: "objects", prefixes }, actions: ["s3:GetObject"] })
const write = (prefixes: string[]): Grant => ({
  target: { kind: "objects", prefixes },
  actions: ["s3:PutObject", "s3:AbortMultipartUpload"],
})
const remove = (prefixes: string[]): Grant => ({
  target: { kind: "objects", prefixes },
  actions: ["s3:DeleteObject"],
})
const records: Grant = {
  target: { kind: "table" },
  actions: [
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:Query",
  ],
}
const send = (queues: QueueName[]): Grant => ({ target: { kind: "queues", queues }, actions: ["sqs:SendMessage"] })
/** The queue's redrive policy names the queue of its dead letters, which is why attributes are read. */
const consume = (queue: QueueName): Grant[] => [
  {
    target: { kind: "queues", queues: [queue] },
    actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
  },
  { target: { kind: "dead_letters", queues: [queue] }, actions: ["sqs:SendMessage"] },
]
const measure: Grant[] = [
  { target: { kind: "queues", queues: all }, actions: ["sqs:GetQueueAttributes"] },
  { target: { kind: "dead_letters", queues: all }, actions: ["sqs:GetQueueAttributes"] },
]

/** Each function may do what its code does, and nothing else. One table, for SST and for the manifest of the zips. */
export const permissions: Record<FunctionName, Grant[]> = {
  api: [
    records,
    seeMissing,
    read([...mail, "uploads/*", "exports/*"]),
    write([...mail, "uploads/*"]),
    remove([...mail, "uploads/*"]),
    send(all),
    ...measure,
  ],
  "outbound-worker": [
    records,
    seeMissing,
    read([...mail, "uploads/*"]),
    write(["outbound/*"]),
    ...consume("outbound"),
    send(["outbound", "webhook"]),
  ],
  "poll-worker": [
    records,
    seeMissing,
    read(mail),
    // A report on a sent mail is told as an event of that mail.
    write(mail),
    remove(["inbound/*"]),
    ...consume("poll"),
    send(["poll", "webhook"]),
  ],
  "webhook-worker": [records, seeMissing, read(mail), ...consume("webhook"), send(["webhook"])],
  tick: [
    {
      target: { kind: "table" },
      actions: [
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:Query",
      ],
    },
    send(all),
  ],
  bootstrap: [
    { target: { kind: "table" }, actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"] },
    ...measure,
  ],
}

import type { QueueName } from "@postrider/core/job/job"
import type { Fail } from "./config.ts"
import type { Env } from "./env.ts"

/** Where the state lives on AWS: the options of its engine. */
export interface AwsConfig {
  kind: "aws"
  bucket: string
  table: string
  /** URLs. */
  queues: Record<QueueName, string>
  /** Other servers than AWS's own, each with its base URL. */
  endpoints: { s3?: string; dynamodb?: string; sqs?: string }
}

const output = "it is an output of the deployment"

/** The names that `POSTRIDER_ENGINE=aws` needs; every one that is missing is a problem of its own. */
export function readAws(env: Env, fail: Fail): AwsConfig {
  const required = (setting: keyof Env): string => {
    const value = env[setting]
    if (value === undefined) fail(setting, "it is not set, and POSTRIDER_ENGINE is aws", output)
    return value ?? ""
  }
  const url = (setting: keyof Env): string | undefined => {
    const value = env[setting]
    if (value === undefined || isHttp(value)) return value?.replace(/\/+$/, "")
    fail(setting, `"${value}" is not an http or https URL`, "for example https://sqs.eu-west-1.amazonaws.com")
    return undefined
  }
  const queue = (setting: keyof Env): string => {
    const value = required(setting)
    if (value !== "" && !isHttp(value)) fail(setting, `"${value}" is not the URL of a queue`, output)
    return value
  }
  const s3 = url("POSTRIDER_S3_ENDPOINT")
  const dynamodb = url("POSTRIDER_DYNAMODB_ENDPOINT")
  const sqs = url("POSTRIDER_SQS_ENDPOINT")
  return {
    kind: "aws",
    bucket: required("POSTRIDER_BUCKET"),
    table: required("POSTRIDER_TABLE"),
    queues: {
      outbound: queue("POSTRIDER_QUEUE_OUTBOUND"),
      poll: queue("POSTRIDER_QUEUE_POLL"),
      webhook: queue("POSTRIDER_QUEUE_WEBHOOK"),
    },
    endpoints: {
      ...(s3 !== undefined && { s3 }),
      ...(dynamodb !== undefined && { dynamodb }),
      ...(sqs !== undefined && { sqs }),
    },
  }
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text)
}

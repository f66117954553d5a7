import { type FunctionName, functions } from "./functions.ts"
import { type Grant, permissions } from "./permissions.ts"
import { batchSize, scheduleExpression, scheduleRetries } from "./resources.ts"

/** What CDK or Terraform must set up around a zip. Names in braces are resources that they make. */
export interface ManifestFunction {
  zip: string
  handler: string
  runtime: string
  architecture: string
  memoryMb: number
  timeoutSeconds: number
  description: string
  environment: Record<string, string>
  permissions: { actions: string[]; resources: string[] }[]
  trigger: Trigger | null
  initBytes: number
  totalBytes: number
  sha256: string
}

type Trigger =
  | { kind: "sqs"; queue: string; batchSize: number; reportBatchItemFailures: true }
  | { kind: "schedule"; expression: string; retries: number }
  | { kind: "function_url_or_http_api" }
  | { kind: "once_a_deployment" }

const environment = {
  POSTRIDER_ENGINE: "aws",
  POSTRIDER_BUCKET: "{bucket.name}",
  POSTRIDER_TABLE: "{table.name}",
  POSTRIDER_QUEUE_OUTBOUND: "{queue.outbound.url}",
  POSTRIDER_QUEUE_POLL: "{queue.poll.url}",
  POSTRIDER_QUEUE_WEBHOOK: "{queue.webhook.url}",
}

export function manifestOf(
  name: FunctionName,
  built: Pick<ManifestFunction, "zip" | "initBytes" | "totalBytes" | "sha256">,
): ManifestFunction {
  const plan = functions[name]
  const secrets = Object.fromEntries(plan.secrets.map((secret) => [secret, `{secret.${secret}}`]))
  const linked: FunctionName[] = ["outbound-worker", "poll-worker", "webhook-worker"]
  return {
    ...built,
    handler: "bundle.handler",
    runtime: "nodejs24.x",
    architecture: "arm64",
    memoryMb: plan.memoryMb,
    timeoutSeconds: plan.timeoutSeconds,
    description: plan.about,
    environment: {
      ...environment,
      ...(linked.includes(name) && { POSTRIDER_PUBLIC_URL: "{api.url}" }),
      ...secrets,
    },
    permissions: permissions[name].map((grant) => ({ actions: grant.actions, resources: resourcesOf(grant) })),
    trigger: triggerOf(name),
  }
}

function triggerOf(name: FunctionName): Trigger {
  const queue = functions[name].consumes
  if (queue !== undefined)
    return { kind: "sqs", queue: `{queue.${queue}.arn}`, batchSize, reportBatchItemFailures: true }
  if (name === "tick") return { kind: "schedule", expression: scheduleExpression, retries: scheduleRetries }
  return { kind: name === "api" ? "function_url_or_http_api" : "once_a_deployment" }
}

function resourcesOf({ target }: Grant): string[] {
  switch (target.kind) {
    case "table":
      return ["{table.arn}", "{table.arn}/index/*"]
    case "bucket":
      return ["{bucket.arn}"]
    case "objects":
      return target.prefixes.map((prefix) => `{bucket.arn}/${prefix}`)
    case "queues":
      return target.queues.map((queue) => `{queue.${queue}.arn}`)
    case "dead_letters":
      return target.queues.map((queue) => `{dead_letters.${queue}.arn}`)
  }
}

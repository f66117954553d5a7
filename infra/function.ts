import { resolve } from "node:path"
import type { PostriderSettings } from "./defaults.ts"
import { buildParseWorker } from "./lambda/build.ts"
import { bundleOptions } from "./lambda/bundle.ts"
import { type FunctionName, functions } from "./lambda/functions.ts"
import { type Grant, permissions } from "./lambda/permissions.ts"
import type { JobQueues } from "./queues.ts"
import type { Secrets } from "./secrets.ts"
import type { Storage } from "./storage.ts"

/** What every function of one relay shares. */
export interface Parts extends Storage, JobQueues {
  name: string
  settings: PostriderSettings
  secrets: Secrets
  /** For those that dial. */
  network: sst.aws.Vpc | undefined
}

/** Functions that never dial stay out of the network: they need no NAT to reach the store. */
const staysOut: readonly FunctionName[] = ["tick", "bootstrap"]

export interface FunctionOptions {
  environment?: Record<string, $util.Input<string>>
  url?: sst.aws.FunctionArgs["url"]
}

/** One function of `functions/`, with its plan, its grants and nothing else. */
export function createFunction(parts: Parts, name: FunctionName, options: FunctionOptions = {}): sst.aws.Function {
  const { settings, network } = parts
  const plan = { ...functions[name], ...settings.functions?.[name] }
  const root = settings.root ?? "."
  return new sst.aws.Function(`${parts.name}${pascal(name)}`, {
    description: plan.about,
    handler: `${root}/functions/${name}.handler`,
    runtime: "nodejs24.x",
    architecture: "arm64",
    memory: `${plan.memoryMb} MB`,
    timeout: `${plan.timeoutSeconds} seconds`,
    environment: { ...environmentOf(parts, name), ...options.environment },
    permissions: permissions[name].map((grant) => ({ actions: grant.actions, resources: resourcesOf(parts, grant) })),
    logging: { retention: settings.logRetention ?? "1 month", format: "json" },
    nodejs: { esbuild: bundleOptions, minify: true, splitting: true, format: "esm" },
    transform: { role: trustLambdaAlone },
    ...(options.url !== undefined && { url: options.url }),
    ...(network !== undefined && !staysOut.includes(name) && { vpc: network }),
    ...(plan.parsesMail && {
      hook: { postbuild: (dir: string) => buildParseWorker(resolve($cli.paths.root, root), dir) },
    }),
  })
}

function environmentOf(parts: Parts, name: FunctionName): Record<string, $util.Input<string>> {
  const { settings, secrets, queues } = parts
  const values = { POSTRIDER_MASTER_KEY: secrets.masterKey, POSTRIDER_ADMIN_KEY: secrets.adminKey }
  return {
    POSTRIDER_ENGINE: "aws",
    POSTRIDER_BUCKET: parts.bucket.name,
    POSTRIDER_TABLE: parts.table.name,
    POSTRIDER_QUEUE_OUTBOUND: queues.outbound.url,
    POSTRIDER_QUEUE_POLL: queues.poll.url,
    POSTRIDER_QUEUE_WEBHOOK: queues.webhook.url,
    ...(settings.keepMessagesDays !== undefined && {
      POSTRIDER_KEEP_MESSAGES_DAYS: String(settings.keepMessagesDays),
    }),
    ...(settings.keepEventsDays !== undefined && { POSTRIDER_KEEP_EVENTS_DAYS: String(settings.keepEventsDays) }),
    ...settings.environment,
    ...Object.fromEntries(functions[name].secrets.map((secret) => [secret, values[secret]])),
  }
}

function resourcesOf({ bucket, table, queues, deadLetters }: Parts, { target }: Grant): $util.Input<string>[] {
  switch (target.kind) {
    case "table":
      return [table.arn, $interpolate`${table.arn}/index/*`]
    case "bucket":
      return [bucket.arn]
    case "objects":
      return target.prefixes.map((prefix) => $interpolate`${bucket.arn}/${prefix}`)
    case "queues":
      return target.queues.map((queue) => queues[queue].arn)
    case "dead_letters":
      return target.queues.map((queue) => deadLetters[queue].arn)
  }
}

/** SST lets the whole account assume the role as well, for its live development. */
function trustLambdaAlone(args: aws.iam.RoleArgs): undefined {
  if ($dev) return
  args.assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" })
}

const pascal = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())

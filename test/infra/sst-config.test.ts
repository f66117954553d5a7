import { readdir } from "node:fs/promises"
import { indexNames } from "@postrider/core/ports/record-store"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type FunctionName, functionNames, functions } from "../../infra/lambda/functions.ts"
import { permissions } from "../../infra/lambda/permissions.ts"
import { platformMissing, runSst, type SstRun } from "../support/sst-run.ts"

const skip = platformMissing()

interface Statement {
  Effect: string
  Action: string | string[]
  Resource?: string | string[]
  Principal?: unknown
}

interface Role {
  assumeRolePolicy: { Statement: Statement[] } | string
  inlinePolicies?: { policy: string }[]
  managedPolicyArns?: string[]
}

interface LambdaFunction {
  runtime: string
  architectures: string[]
  timeout: number
  memorySize: number
  role: string
  environment: { variables: Record<string, string> }
  loggingConfig: { logFormat: string; logGroup: string }
}

interface Queue {
  visibilityTimeoutSeconds: number
  messageRetentionSeconds: number
  redrivePolicy?: string
  sqsManagedSseEnabled: boolean
}

const pascal = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_match, _dash, letter: string) => letter.toUpperCase())
const statementsIn = (role: Role | undefined): Statement[] =>
  (role?.inlinePolicies ?? []).flatMap(({ policy }) => (JSON.parse(policy) as { Statement: Statement[] }).Statement)
const component = (name: FunctionName): string => `Mail${pascal(name)}`

describe.skipIf(skip !== null)(skip ?? "[needs SST's platform] sst.config.ts", () => {
  let run: SstRun
  beforeAll(async () => {
    run = await runSst({ config: "sst.config.ts", stage: "test", code: true })
  }, 120_000)
  afterAll(() => run?.clean())

  const lambda = (name: FunctionName): LambdaFunction =>
    run.all<LambdaFunction>("aws:lambda/function:Function").get(`${component(name)}Function`) as LambdaFunction
  const queue = (name: string): Queue => run.all<Queue>("aws:sqs/queue:Queue").get(name) as Queue

  it("makes these resources and no others", async () => {
    const lines = run.resources.map(({ type, name }) => `${type} ${name}`).sort()
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("resources.snap.txt")
  })

  it("every function runs on nodejs24.x and arm64, with the memory and time of its plan", () => {
    for (const name of functionNames) {
      expect(lambda(name), name).toMatchObject({
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        timeout: functions[name].timeoutSeconds,
        memorySize: functions[name].memoryMb,
      })
    }
  })

  it("no role may do everything of a service, or anything to every resource", () => {
    const roles = run.all<Role>("aws:iam/role:Role")
    expect(roles.size).toBe(functionNames.length + 1)
    for (const [name, role] of roles) {
      for (const { Action, Resource } of statementsIn(role)) {
        for (const action of [Action].flat()) expect(action, name).not.toContain("*")
        for (const resource of [Resource ?? []].flat()) expect(resource, name).toMatch(/^arn:aws:[a-z0-9]+:.*[^*:]/)
      }
      for (const managed of role.managedPolicyArns ?? []) expect(managed).toMatch(/AWSLambdaBasicExecutionRole$/)
    }
  })

  it("roles of functions trust Lambda alone, that of the schedule the scheduler alone", () => {
    for (const [name, role] of run.all<Role>("aws:iam/role:Role")) {
      const policy = role.assumeRolePolicy
      const { Statement } = typeof policy === "string" ? (JSON.parse(policy) as { Statement: Statement[] }) : policy
      const service = name === "MailScheduleRole" ? "scheduler.amazonaws.com" : "lambda.amazonaws.com"
      expect(
        Statement.map(({ Principal }) => Principal),
        name,
      ).toEqual([{ Service: service }])
    }
  })

  it("each function has the grants of its plan, on its prefixes and its queue, and no others", () => {
    for (const name of functionNames) {
      const role = run.all<Role>("aws:iam/role:Role").get(`${component(name)}Role`) as Role
      const granted = statementsIn(role).map(({ Action }) => [Action].flat())
      expect(granted, name).toEqual(permissions[name].map(({ actions }) => actions))
    }
    const consumers = (["outbound", "poll", "webhook"] as const).map((name) => {
      const role = run.all<Role>("aws:iam/role:Role").get(`Mail${pascal(name)}WorkerRole`) as Role
      const receive = statementsIn(role).filter(({ Action }) => Action.includes("sqs:ReceiveMessage"))
      return receive.flatMap(({ Resource }) => Resource)
    })
    expect(consumers).toEqual(
      ["Outbound", "Poll", "Webhook"].map((name) => [`arn:aws:sqs:eu-west-1:123456789012:Mail${name}Queue`]),
    )
  })

  it("only the api holds the admin key, and the tick holds no secret at all", () => {
    const holders = (variable: string) =>
      functionNames.filter((name) => lambda(name).environment.variables[variable] !== undefined)
    expect(holders("POSTRIDER_ADMIN_KEY")).toEqual(["api"])
    expect(holders("POSTRIDER_MASTER_KEY")).toEqual(functionNames.filter((name) => name !== "tick"))
    const { variables } = lambda("api").environment
    expect(variables.POSTRIDER_ADMIN_KEY).toMatch(/^[A-Za-z0-9]{40}$/)
    expect(Buffer.from(variables.POSTRIDER_MASTER_KEY ?? "", "base64")).toHaveLength(32)
  })

  it("the bucket is private, without CORS, encrypted, and asks for TLS", () => {
    expect(run.resources.filter(({ type }) => /cors/i.test(type))).toEqual([])
    expect([...run.all("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").values()]).toEqual([
      expect.objectContaining({
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      }),
    ])
    const encryption = run.all("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
    expect(JSON.stringify([...encryption.values()])).toContain("AES256")
    const [policy] = [...run.all<{ policy: string }>("aws:s3/bucketPolicy:BucketPolicy").values()]
    expect(policy?.policy).toContain("aws:SecureTransport")
    expect(policy?.policy).not.toContain('"Allow"')
  })

  it("uploads and exports go after their days, unfinished uploads too, and mail stays where no setting says otherwise", () => {
    expect(rulesOf(run)).toEqual({
      "unfinished-uploads": { prefix: undefined, days: undefined, abort: 2 },
      uploads: { prefix: "uploads/", days: 2, abort: undefined },
      exports: { prefix: "exports/", days: 7, abort: undefined },
    })
  })

  it("the table is on demand, restorable, forgets by expires_at, and has the five indexes with keys alone", () => {
    const [table] = [...run.all<Table>("aws:dynamodb/table:Table").values()]
    expect(table).toMatchObject({
      billingMode: "PAY_PER_REQUEST",
      hashKey: "id",
      pointInTimeRecovery: { enabled: true },
      ttl: { attributeName: "expires_at", enabled: true },
      globalSecondaryIndexes: indexNames.map((name) => ({
        name,
        hashKey: `${name}_part`,
        rangeKey: `${name}_sort`,
        projectionType: "KEYS_ONLY",
      })),
    })
    expect(table?.globalSecondaryIndexes).toHaveLength(5)
  })

  it("each queue hides a job for six times its worker's time, keeps it 14 days, and has its dead letters", () => {
    for (const name of ["outbound", "poll", "webhook"] as const) {
      const made = queue(`Mail${pascal(name)}Queue`)
      expect(made.visibilityTimeoutSeconds).toBeGreaterThanOrEqual(6 * lambda(`${name}-worker`).timeout)
      expect(made.visibilityTimeoutSeconds).toBeLessThanOrEqual(43_200)
      expect(JSON.parse(made.redrivePolicy ?? "{}")).toEqual({
        deadLetterTargetArn: `arn:aws:sqs:eu-west-1:123456789012:Mail${pascal(name)}DeadQueue`,
        maxReceiveCount: 20,
      })
    }
    for (const made of run.all<Queue>("aws:sqs/queue:Queue").values()) {
      expect(made).toMatchObject({ messageRetentionSeconds: 1_209_600, sqsManagedSseEnabled: true })
    }
  })

  it("workers take up to ten jobs and report which of them failed", () => {
    const mappings = [...run.all("aws:lambda/eventSourceMapping:EventSourceMapping").values()]
    expect(mappings).toHaveLength(3)
    for (const mapping of mappings) {
      expect(mapping).toMatchObject({ batchSize: 10, functionResponseTypes: ["ReportBatchItemFailures"] })
      expect(mapping).not.toHaveProperty("scalingConfig")
    }
  })

  it("the tick comes every minute and is tried again", () => {
    const [schedule] = [...run.all("aws:scheduler/schedule:Schedule").values()]
    expect(schedule).toMatchObject({
      scheduleExpression: "rate(1 minute)",
      state: "ENABLED",
      target: { retryPolicy: { maximumRetryAttempts: 2 } },
    })
  })

  it("the api is a function URL without CORS, and no gateway is paid for", () => {
    const [url] = [...run.all("aws:lambda/functionUrl:FunctionUrl").values()]
    expect(url).toMatchObject({ authorizationType: "NONE" })
    expect(url).not.toHaveProperty("cors")
    expect(run.resources.filter(({ type }) => /apigateway|cloudfront|ec2/.test(type))).toEqual([])
  })

  it("workers make links with the address of the api", () => {
    const address = "https://mailapiurl.lambda-url.eu-west-1.on.aws/"
    for (const name of ["outbound-worker", "poll-worker", "webhook-worker"] as const) {
      expect(lambda(name).environment.variables.POSTRIDER_PUBLIC_URL).toBe(address)
    }
  })

  it("logs are JSON and kept a month", () => {
    for (const name of functionNames) expect(lambda(name).loggingConfig.logFormat).toBe("JSON")
    const groups = [...run.all<{ retentionInDays: number }>("aws:cloudwatch/logGroup:LogGroup").values()]
    expect(groups.map(({ retentionInDays }) => retentionInDays)).toEqual(functionNames.map(() => 30))
  })

  it("alarms: dead letters, old jobs and poll lag, failing functions, a tick that stands still", () => {
    const alarms = run.all<{ metricName: string; alarmActions: string[] }>("aws:cloudwatch/metricAlarm:MetricAlarm")
    const count = (metric: string) => [...alarms.values()].filter(({ metricName }) => metricName === metric).length
    expect(count("ApproximateNumberOfMessagesVisible")).toBe(3)
    expect(count("ApproximateAgeOfOldestMessage")).toBe(3)
    expect(count("Errors")).toBe(functionNames.length)
    expect(alarms.has("MailAlarm-poll-lag")).toBe(true)
    expect(alarms.get("MailAlarm-tick-stands-still")).toMatchObject({ treatMissingData: "breaching" })
    for (const { alarmActions } of alarms.values()) expect(alarmActions).toHaveLength(1)
  })

  it("a bundle holds its handler, and the parser's thread lies beside those that parse", async () => {
    for (const name of functionNames) {
      const files = await readdir(run.codeOf(component(name)))
      expect(files).toContain("bundle.mjs")
      expect(files.includes("parse-worker.mjs"), name).toBe(functions[name].parsesMail)
    }
  })
})

interface Table {
  globalSecondaryIndexes: unknown[]
}

interface Rule {
  id: string
  filter: { prefix?: string }
  expiration?: { days: number }
  abortIncompleteMultipartUpload?: { daysAfterInitiation: number }
}

function rulesOf(run: SstRun) {
  const [lifecycle] = [
    ...run.all<{ rules: Rule[] }>("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").values(),
  ]
  return Object.fromEntries(
    (lifecycle?.rules ?? []).map(({ id, filter, expiration, abortIncompleteMultipartUpload: abort }) => [
      id,
      { prefix: filter.prefix, days: expiration?.days, abort: abort?.daysAfterInitiation },
    ]),
  )
}

const inAnotherApp = `
import { Postrider } from "${new URL("../../infra/postrider.ts", import.meta.url).pathname}"
export default $config({
  app: () => ({ name: "shop", home: "aws" }),
  async run() {
    const mail = new Postrider("Post", {
      keepMessagesDays: 30, domain: { name: "mail.shop.test", dns: false, cert: "arn:aws:acm:eu-west-1:123456789012:certificate/c" },
      vpc: "ec2", maxConcurrency: 5, alarmEmail: "ops@shop.test", environment: { POSTRIDER_ALLOW_PORTS: "25" },
      functions: { "poll-worker": { memoryMb: 2048 } },
    })
    new sst.aws.Function("Shop", { handler: "functions/tick.handler", link: [mail] })
  },
})`

describe.skipIf(skip !== null)(skip ?? "[needs SST's platform] the component in another app", () => {
  let run: SstRun
  beforeAll(async () => {
    run = await runSst({ config: inAnotherApp, stage: "production" })
  }, 120_000)
  afterAll(() => run?.clean())
  const lambda = (name: string): LambdaFunction & { vpcConfig?: unknown } =>
    run.all<LambdaFunction>("aws:lambda/function:Function").get(`${name}Function`) as LambdaFunction

  it("is linked by its address, key and queue, which grants nothing else", () => {
    expect(run.linksOf("Shop")).toMatchObject({
      Post: {
        url: "https://mail.shop.test",
        key: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
        queue: "https://sqs.eu-west-1.amazonaws.com/123456789012/PostOutboundQueue",
      },
    })
    expect(statementsIn(run.all<Role>("aws:iam/role:Role").get("ShopRole"))).toEqual([])
  })

  it("a domain brings an HTTP API of that name, and the api knows its address", () => {
    expect([...run.all("aws:apigatewayv2/domainName:DomainName").values()]).toEqual([
      expect.objectContaining({ domainName: "mail.shop.test" }),
    ])
    expect(run.all("aws:lambda/functionUrl:FunctionUrl").size).toBe(0)
    expect(lambda("PostApi").environment.variables.POSTRIDER_PUBLIC_URL).toBe("https://mail.shop.test")
  })

  it("days for messages become rules of inbound/ and outbound/, the latter as much longer as a mail may wait", () => {
    expect(rulesOf(run)).toMatchObject({
      inbound: { prefix: "inbound/", days: 30 },
      outbound: { prefix: "outbound/", days: 30 + 371 },
    })
    expect(lambda("PostApi").environment.variables.POSTRIDER_KEEP_MESSAGES_DAYS).toBe("30")
  })

  it("functions that dial sit behind a NAT; the tick and the check of the store do not", () => {
    expect(run.resources.some(({ type }) => /ec2\/(instance|natGateway)/.test(type))).toBe(true)
    for (const name of ["PostApi", "PostOutboundWorker", "PostPollWorker", "PostWebhookWorker"]) {
      expect(lambda(name), name).toHaveProperty("vpcConfig.subnetIds")
    }
    for (const name of ["PostTick", "PostBootstrap"]) expect(lambda(name).vpcConfig, name).toBeUndefined()
  })

  it("settings reach the functions: concurrency, memory, environment, alarms by mail", () => {
    for (const mapping of run.all("aws:lambda/eventSourceMapping:EventSourceMapping").values()) {
      expect(mapping).toMatchObject({ scalingConfig: { maximumConcurrency: 5 } })
    }
    expect(lambda("PostPollWorker").memorySize).toBe(2048)
    expect(lambda("PostOutboundWorker").environment.variables.POSTRIDER_ALLOW_PORTS).toBe("25")
    expect([...run.all("aws:sns/topicSubscription:TopicSubscription").values()]).toEqual([
      expect.objectContaining({ protocol: "email", endpoint: "ops@shop.test" }),
    ])
  })

  it("a stage that is kept keeps its bucket and its table", () => {
    expect([...run.all("aws:s3/bucket:Bucket").values()]).toEqual([expect.objectContaining({ forceDestroy: false })])
    expect([...run.all("aws:dynamodb/table:Table").values()]).toEqual([
      expect.objectContaining({ deletionProtectionEnabled: true }),
    ])
  })
})

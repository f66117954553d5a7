import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs"
import type { DeliverEventJob, Job } from "@postrider/core/job/job"
import type { ReceivedJob } from "@postrider/core/ports/job-queue"
import type { AwsEngine } from "@postrider/engines/aws/engine"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { deliver, nameOf } from "../../../contracts/job-queue-steps.ts"
import { type AwsStandIns, startAwsStandIns } from "../../../support/aws-stand-ins.ts"
import { type AwsWorld, openAwsWorld } from "../../../support/aws-world.ts"

let standIns: AwsStandIns
let world: AwsWorld
let engine: AwsEngine
beforeAll(async () => {
  standIns = await startAwsStandIns()
})
afterAll(() => standIns.stop())
beforeEach(async () => {
  world = await openAwsWorld(standIns)
  engine = world.engine
})
afterEach(() => world.close())

const visibilityMs = 30_000

describe("sending", () => {
  it("fits ten jobs into a request, and fewer where they are large: 1 MiB together", async () => {
    await engine.jobs.send(Array.from({ length: 25 }, (_, n) => ({ job: deliver(`out_${n}`) })))
    expect(world.proxy.use()).toMatchObject({ requests: { "sqs SendMessageBatch": 3 }, queueUnits: 3 })
    const large: Job = { ...event("1"), body: "x".repeat(200 * 1024) }
    await engine.jobs.send(Array.from({ length: 10 }, () => ({ job: large })))
    expect(world.proxy.use()).toMatchObject({ requests: { "sqs SendMessageBatch": 2 }, queueUnits: 16 + 16 })
    expect(await receiveAll("webhook")).toHaveLength(10)
  })

  it("names the group, so that SQS can share fairly, and makes a name of what SQS would not take", async () => {
    const groups = ["acc_1", "imap.example.com", "", "zwölf", "x".repeat(200)]
    await engine.jobs.send(groups.map((group) => ({ job: deliver("out_1"), group })))
    const [first, second, none, ...hashed] = world.proxy.sent.at(-1)?.map((entry) => entry.MessageGroupId) ?? []
    expect([first, second, none]).toEqual(["acc_1", "imap.example.com", undefined])
    for (const name of hashed) expect(name).toMatch(/^[0-9a-f]{64}$/)
  })

  it("refuses a delay that SQS cannot keep before anything is sent", async () => {
    const long = { job: deliver("out_2"), delayMs: 15 * 60_000 + 1 }
    await expect(engine.jobs.send([{ job: deliver("out_1") }, long])).rejects.toMatchObject({ code: "internal" })
    expect(world.proxy.use().requests).toEqual({})
  })

  it("rounds a delay up to whole seconds: a job never comes early", async () => {
    await engine.jobs.send([{ job: deliver("out_1"), delayMs: 1_001 }])
    expect(world.proxy.sent.at(-1)).toMatchObject([{ DelaySeconds: 2 }])
  })

  it("sends again what SQS did not take, and only that", async () => {
    world.proxy.fault({ service: "sqs", operation: "SendMessageBatch", kind: "partly", times: 2 })
    await engine.jobs.send(Array.from({ length: 5 }, (_, n) => ({ job: deliver(`out_${n}`) })))
    expect((await receiveAll()).map(nameOf).sort()).toEqual(["out_0", "out_1", "out_2", "out_3", "out_4"])
  })

  it("loses nothing when SQS is busy, fails or gives no answer; then a job may come twice", async () => {
    for (const kind of ["throttle", "broken", "lost_answer"] as const) {
      world.proxy.fault({ service: "sqs", operation: "SendMessageBatch", kind })
      await engine.jobs.send([{ job: deliver(kind) }])
    }
    expect((await receiveAll()).map(nameOf).sort()).toEqual(["broken", "lost_answer", "lost_answer", "throttle"])
  })

  it("for long, the fault is `overloaded`", async () => {
    world.proxy.fault({ service: "sqs", kind: "broken", times: 100 })
    await expect(engine.jobs.send([{ job: deliver("out_1") }])).rejects.toMatchObject({ code: "overloaded" })
  })

  it("characters that XML cannot carry come back as they were", async () => {
    const job = { ...deliver("out_1"), note: "\u0000\u001f\ufffe\uffff\ud800 😀 \u007f" }
    await engine.jobs.send([{ job }])
    expect((await receiveAll()).map(({ body }) => body)).toEqual([JSON.parse(JSON.stringify(job))])
  })
})

describe("receiving", () => {
  it("a job that SQS delivers twice comes twice, each settled by itself; one that is late comes late", async () => {
    world.proxy.fault({ service: "sqs", operation: "SendMessageBatch", kind: "duplicate" })
    await engine.jobs.send([{ job: deliver("twice") }])
    world.proxy.fault({ service: "sqs", operation: "SendMessageBatch", kind: "late" })
    await engine.jobs.send([{ job: deliver("late") }])
    expect((await receiveAll()).map(nameOf)).toEqual(["twice", "twice"])
    standIns.advance(5_000)
    expect((await receiveAll()).map(nameOf)).toEqual(["late"])
  })

  it("a job whose receiver lost the answer to a settle is not settled in another way", async () => {
    await engine.jobs.send([{ job: deliver("out_1") }])
    const [job] = await receive()
    world.proxy.fault({ service: "sqs", operation: "DeleteMessage", kind: "lost_answer" })
    await job?.settle({ kind: "done" })
    standIns.advance(visibilityMs)
    expect(await receive()).toEqual([])
  })

  it("what another process held comes again when its visibility ends, to whoever asks", async () => {
    await engine.jobs.send([{ job: deliver("out_1") }])
    await receive()
    await engine.close()
    engine = world.another()
    expect(await receive()).toEqual([])
    standIns.advance(visibilityMs)
    expect(await receive()).toMatchObject([{ receives: 2 }])
  })

  it("two processes share one queue: every job comes once", async () => {
    const other = world.another()
    await engine.jobs.send(Array.from({ length: 40 }, (_, n) => ({ job: deliver(`out_${n}`) })))
    const taken = await Promise.all([receiveAll("outbound", engine), receiveAll("outbound", other)])
    expect(new Set(taken.flat().map(nameOf)).size).toBe(40)
    expect(taken.flat()).toHaveLength(40)
  })

  it("a message that is no job of ours is received as text", async () => {
    await world.sqs.send(new SendMessageCommand({ QueueUrl: world.outboundUrl, MessageBody: "not JSON" }))
    expect(await receive()).toMatchObject([{ body: "not JSON", receives: 1 }])
  })
})

describe("dead letters", () => {
  it("a letter is written before the job is removed: a lost answer leaves one at least, and a busy queue the job", async () => {
    await engine.jobs.send([{ job: deliver("out_1") }])
    const [job] = await receive()
    world.proxy.fault({ service: "sqs", operation: "DeleteMessage", kind: "broken", times: 100 })
    await expect(job?.settle({ kind: "reject", why: "broken" })).rejects.toMatchObject({ code: "overloaded" })
    world.proxy.heal()
    expect(await letters()).toMatchObject([{ why: "broken", receives: 1 }])
    standIns.advance(60_000)
    expect(await receive()).toMatchObject([{ receives: 2 }])
  })

  it("looking at letters leaves them there, group and all", async () => {
    await bury("out_1", "no\u0000 reason \ud800")
    for (let looks = 0; looks < 3; looks++) expect(await letters()).toMatchObject([{ why: "no reason ", receives: 1 }])
  })

  it("redrive sends before it removes: when the removal fails the letters are still there", async () => {
    await bury("out_1", "x")
    world.proxy.fault({ service: "sqs", operation: "DeleteMessageBatch", kind: "broken", times: 100 })
    await expect(engine.source.redrive("outbound")).rejects.toMatchObject({ code: "overloaded" })
    world.proxy.heal()
    standIns.advance(60_000)
    expect(await letters()).toHaveLength(1)
    expect(await receiveAll()).toHaveLength(1)
  })
})

describe("a message that Lambda pushed", () => {
  it("is left to Lambda when done, hidden for its delay and reported when retried, buried when rejected", async () => {
    await engine.jobs.send(["done", "retry", "reject"].map((name) => ({ job: deliver(name) })))
    const pushed = await pushedJobs()
    world.proxy.use()
    const settle = (name: string, disposition: Parameters<typeof engine.settlePushed>[2]) => {
      const message = pushed.find(({ body }) => body.includes(name))
      if (message === undefined) throw new Error(`no ${name}`)
      return engine.settlePushed("outbound", message, disposition)
    }
    expect(await settle("done", { kind: "done" })).toEqual({ failed: false })
    expect(world.proxy.use().requests).toEqual({})
    expect(await settle("retry", { kind: "retry", delayMs: 5_000 })).toEqual({ failed: true })
    expect(await settle("reject", { kind: "reject", why: "unknown" })).toEqual({ failed: false })
    expect(await letters()).toMatchObject([{ why: "unknown", body: deliver("reject") }])
    standIns.advance(5_000)
    expect((await receiveAll()).map(nameOf)).toEqual(["retry"])
  })
})

function receive(queue: "outbound" | "webhook" = "outbound", from: AwsEngine = engine): Promise<ReceivedJob[]> {
  return from.source.receive(queue, { max: 10, waitMs: 0, visibilityMs, maxReceives: 3 })
}

async function receiveAll(queue: "outbound" | "webhook" = "outbound", from: AwsEngine = engine) {
  const all: ReceivedJob[] = []
  for (let jobs = await receive(queue, from); jobs.length > 0; jobs = await receive(queue, from)) all.push(...jobs)
  return all
}

async function bury(name: string, why: string): Promise<void> {
  await engine.jobs.send([{ job: deliver(name) }])
  for (const job of await receive()) await job.settle({ kind: "reject", why })
}

async function letters() {
  return (await engine.source.deadLetters("outbound", { limit: 10 })).letters
}

/** What Lambda would be called with. */
async function pushedJobs() {
  const command = new ReceiveMessageCommand({
    QueueUrl: world.outboundUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 30,
    MessageSystemAttributeNames: ["All"],
  })
  const { Messages = [] } = await world.sqs.send(command)
  return Messages.map(({ ReceiptHandle: handle = "", Body: body = "", Attributes }) => {
    return { handle, body, group: "", receives: Number(Attributes?.ApproximateReceiveCount) }
  })
}

function event(id: string): DeliverEventJob {
  return { type: "deliver_event.v1", event: `evt_${id}`, endpoint: "ep_1", attempt: 1, trigger: "scheduled" }
}

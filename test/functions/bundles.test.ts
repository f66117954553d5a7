import { SendMessageBatchCommand } from "@aws-sdk/client-sqs"
import { createAwsEngine } from "@postrider/engines/aws/engine"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { type Receiver, startReceiver } from "@postrider/server/demo/receiver"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ricMissing } from "../support/lambda-ric.ts"
import { type LambdaWorld, startLambdaWorld } from "../support/lambda-world.ts"

const noRic = ricMissing()

describe("the bundles, as Lambda runs them", () => {
  let world: LambdaWorld
  let sandbox: Sandbox
  let receiver: Receiver

  beforeAll(async () => {
    const all = await Promise.all([startLambdaWorld(), startSandbox(), startReceiver(0)])
    world = all[0]
    sandbox = all[1]
    receiver = all[2]
    const login = { host: "127.0.0.1", security: "none", username: "ada", password: "demo" }
    const made = await world.call("POST", "/v1/accounts", {
      id: "ada",
      email: "ada@demo.test",
      smtp: { ...login, port: sandbox.ports.smtp },
      imap: { ...login, port: sandbox.ports.imap, history: "all" },
    })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    const endpoint = await world.call("POST", "/v1/endpoints", { url: receiver.url, types: ["*"] })
    expect(endpoint.status, JSON.stringify(endpoint.body)).toBe(201)
    receiver.trust(endpoint.body.secret)
  }, 120_000)

  afterAll(async () => {
    await Promise.all([world?.stop(), sandbox?.stop(), receiver?.stop()])
  })

  const send = async (subject: string) => {
    const answer = await world.call("POST", "/v1/messages", {
      account: "ada",
      to: ["bob@demo.test"],
      subject,
      text: "hello",
    })
    expect(answer.status, JSON.stringify(answer.body)).toBe(202)
    return answer.body.id as string
  }
  const jobsOf = (bodies: string[]) => bodies.map((body) => JSON.parse(body) as { type: string })

  it("bootstrap marks the store and answers its version", async () => {
    const answer = await (await world.container("bootstrap")).invoke<{ version: string; createdAt: string }>({})
    expect(answer.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(Date.parse(answer.createdAt)).not.toBeNaN()
  })

  it("the api is ready, serves its document and makes links with the address of its function URL", async () => {
    expect((await world.call("GET", "/ready")).status).toBe(200)
    expect((await world.call("GET", "/openapi.json")).body.openapi).toMatch(/^3\.1/)
    const missing = await world.call("GET", "/v1/messages/out_missing")
    expect(missing.status).toBe(404)
    expect(missing.body.type).toBe("https://abc123.lambda-url.us-east-1.on.aws/docs/errors/not_found")
  })

  it("send: 202, over SMTP by the outbound worker, message.sent at the endpoint with a good signature", async () => {
    const id = await send("over Lambda")
    const handed = await world.work("outbound")
    expect(jobsOf(handed.jobs)).toEqual([{ type: "deliver_message.v1", message: id }])
    expect(handed.failed).toEqual([])
    expect(sandbox.smtp.accepted.map(({ mailFrom }) => mailFrom)).toContain("ada@demo.test")
    await world.work("webhook")
    const delivery = await receiver.waitFor(({ type }) => type === "message.sent", 5000)
    expect(delivery?.data).toMatchObject({ id, status: "sent" })
    expect((await world.call("GET", `/v1/messages/${id}`)).body.status).toBe("sent")
  })

  it("poll: IMAP by the poll worker, parsed in its thread, message.received at the endpoint", async () => {
    sandbox.deliver(
      "From: carl@demo.test\r\nTo: ada@demo.test\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\r\nhello\r\n",
      {
        to: "ada@demo.test",
      },
    )
    expect((await world.call("POST", "/v1/accounts/ada/poll")).status).toBe(202)
    const handed = await world.work("poll")
    expect(jobsOf(handed.jobs)).toContainEqual(expect.objectContaining({ type: "poll_accounts.v1" }))
    expect(handed.failed).toEqual([])
    await world.work("webhook")
    const delivery = await receiver.waitFor(({ type }) => type === "message.received", 5000)
    expect(delivery?.data).toMatchObject({ subject: "grüße", parse: { status: "ok" } })
    expect(receiver.refused).toBe(0)
  })

  it("ten jobs go side by side over few connections, and none is open when the function has answered", async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => send(`batch ${n}`)))
    const before = { ...sandbox.smtp.counts }
    const handed = await world.work("outbound")
    expect(handed).toMatchObject({ jobs: { length: 10 }, failed: [] })
    expect(sandbox.smtp.counts.accepted - before.accepted).toBe(10)
    expect(sandbox.smtp.counts.connections - before.connections).toBeLessThanOrEqual(5)
    expect(
      sandbox.log.sessions.filter(({ closedAt, protocol }) => protocol === "smtp" && closedAt === undefined),
    ).toEqual([])
  })

  it("with less than a minute left no DATA is begun: the mail is given back, no attempt is counted", async () => {
    const id = await send("too late")
    const before = sandbox.smtp.counts.data
    expect((await world.work("outbound", 60_000)).failed).toEqual([])
    expect(sandbox.smtp.counts.data).toBe(before)
    const { body } = await world.call("GET", `/v1/messages/${id}`)
    expect(body.status).toBe("queued")
    expect(Date.parse(body.next_attempt_at)).toBeGreaterThan(Date.now())
    expect((await world.call("GET", `/v1/messages/${id}/attempts`)).body.data).toEqual([])
  })

  it("a batch with garbage: the jobs are done, the garbage lies in the dead letters with the reason, nothing throws", async () => {
    const id = await send("beside garbage")
    const bodies = ["no json", '{"type":"brew_coffee.v1"}']
    const Entries = bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody }))
    await world.sqs.send(new SendMessageBatchCommand({ QueueUrl: world.place.queues.outbound, Entries }))
    const handed = await world.work("outbound")
    expect(handed.failed).toEqual([])
    expect(handed.jobs).toHaveLength(3)
    expect((await world.call("GET", `/v1/messages/${id}`)).body.status).toBe("sent")
    const engine = createAwsEngine(world.place)
    const { letters } = await engine.source.deadLetters("outbound", { limit: 10 })
    await engine.close()
    expect(letters.map(({ why }) => why)).toEqual(bodies.map(() => "unknown type or shape of job"))
  })

  it("a server that is down is data: the job is done, the message deferred", async () => {
    const login = { host: "127.0.0.1", port: 1, security: "none", username: "u", password: "p" }
    await world.call("POST", "/v1/accounts", { id: "down", email: "down@demo.test", smtp: login })
    const answer = await world.call("POST", "/v1/messages", { account: "down", to: "bob@demo.test", text: "x" })
    const handed = await world.work("outbound")
    expect(handed).toMatchObject({ jobs: { length: 1 }, failed: [] })
    const message = await world.call("GET", `/v1/messages/${answer.body.id}`)
    expect(message.body).toMatchObject({ status: expect.stringMatching(/queued|deferred/) })
    expect((await world.call("GET", "/v1/accounts/down")).body.state).toBe("unreachable")
  })

  it("port 25 is refused on Lambda with its own code", async () => {
    const login = { host: "127.0.0.1", port: 25, security: "none", username: "u", password: "p" }
    await world.call("POST", "/v1/accounts", { id: "old", email: "old@demo.test", smtp: login })
    await world.call("POST", "/v1/messages", { account: "old", to: "bob@demo.test", text: "x" })
    await world.work("outbound")
    const account = await world.call("GET", "/v1/accounts/old")
    expect(JSON.stringify(account.body)).toContain("AWS to lift the restriction of port 25")
    expect(account.body.state).toBe("misconfigured")
  })

  it("a store that fails puts the job off and reports it, and the next delivery sends the mail", async () => {
    const id = await send("through a storm")
    world.standIns.proxy.fault({ service: "dynamodb", operation: "GetItem", kind: "broken", times: 8 })
    const stormy = await world.work("outbound")
    expect(stormy.failed).toHaveLength(1)
    world.standIns.proxy.heal()
    world.standIns.advance(700_000)
    const calm = await world.work("outbound")
    expect(calm.failed).toEqual([])
    expect((await world.call("GET", `/v1/messages/${id}`)).body.status).toBe("sent")
  })

  it("the tick needs no secret, and sends the polls of its minute", async () => {
    const tick = await world.container("tick")
    expect(await tick.invoke({})).toMatchObject({ fired: expect.any(Number), polls: expect.any(Number) })
  })

  it.skipIf(noRic !== null)(noRic ?? "[needs aws-lambda-ric] all that was under AWS's own runtime client", async () => {
    expect((await world.container("tick")).client).toContain("aws-lambda-ric")
  })
})

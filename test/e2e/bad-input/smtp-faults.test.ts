import type { Fault } from "@postrider/sandbox/fault/fault"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type RunningRelay, type Shape, startRelay, until } from "../../support/running-relay.ts"
import { startTrial, type Trial } from "./trial.ts"

// Many at once, on a machine that may be busy.
vi.setConfig({ testTimeout: 40_000 })

let relay: RunningRelay
beforeAll(async () => {
  relay = await startRelay()
})
afterAll(async () => {
  await relay?.stop()
  expect(relay?.errors).toEqual([])
})

const message = async (trial: Trial): Promise<Shape> => (await relay.call("GET", `/v1/messages/${trial.sent}`)).body
const attempts = async (trial: Trial): Promise<Shape[]> =>
  (await relay.call("GET", `/v1/messages/${trial.sent}/attempts`)).body.data

/** Sends one mail into the fault and waits until its first attempt is written down. */
async function send(fault: Fault, settings = {}, text = "hi"): Promise<Trial> {
  const trial = await startTrial(relay, { protocol: "smtp", faults: { smtp: fault }, settings })
  await trial.begin(text)
  await until(
    () => message(trial),
    ({ attempts, status }) => attempts > 0 && status !== "queued",
  )
  return trial
}

describe.concurrent("a temporary refusal defers with the server's words; lifted, the mail goes out once", () => {
  const cases: [at: Fault["at"], reply: string, category: string][] = [
    ["connect", "421 4.3.2 Shutting down", "rate_limited"],
    ["ehlo", "421 4.3.2 Not now", "rate_limited"],
    ["mail", "451 4.3.0 Try again", "server_error"],
    ["rcpt", "452 4.2.2 Mailbox full", "mailbox_full"],
    ["data", "451 4.3.0 Try again", "server_error"],
    ["dot", "451 4.3.0 Try again", "server_error"],
  ]
  for (const [at, reply, category] of cases) {
    it(`${reply.slice(0, 3)} at ${at}`, async () => {
      const trial = await send({ at, reply })
      const deferred = await message(trial)
      expect(deferred).toMatchObject({ status: "deferred", recipients: [{ status: "deferred", category }] })
      expect(Date.parse(deferred.next_attempt_at)).toBeGreaterThan(Date.now() + 60_000)
      const [attempt] = await attempts(trial)
      expect(attempt).toMatchObject({ outcome: "deferred", response: expect.stringContaining(reply.slice(4)) })
      trial.sandbox.faults.clear()
      await trial.resume()
      await trial.comesThroughOnce()
      await trial.stop()
    })
  }
})

describe.concurrent("a final refusal fails at once, names its cause, and nothing is sent again", () => {
  const cases: [at: Fault["at"], reply: string, category: string][] = [
    ["mail", "550 5.1.8 Sender address rejected", "sender"],
    ["rcpt", "550 5.1.1 No such user", "unknown_user"],
    ["rcpt", "553 5.7.1 <{sender}>: Sender address rejected: not owned by user ada", "sender"],
    ["rcpt", "554 5.7.1 <{recipient}>: Relay access denied", "sender"],
    ["data", "554 5.7.1 No", "policy"],
    ["dot", "552 5.3.4 Message too big", "too_large"],
    ["dot", "550 5.7.1 This looks like spam", "spam"],
  ]
  for (const [at, reply, category] of cases) {
    it(`${reply.slice(0, 9)} at ${at}: ${category}`, async () => {
      const trial = await send({ at, reply })
      expect(await message(trial)).toMatchObject({
        status: "failed",
        recipients: [{ status: "failed", category, code: Number(reply.slice(0, 3)) }],
      })
      const [attempt, ...more] = await attempts(trial)
      expect([attempt?.outcome, more]).toEqual(["rejected", []])
      expect((await relay.events(trial.id)).map(({ type }) => type)).toEqual(["message.failed"])
      expect(trial.sandbox.smtp.accepted).toEqual([])
      // What a person is told to do about it: failures that are theirs to mend have advice.
      if (["sender", "too_large"].includes(category)) {
        expect(attempt?.recipients[0].advice).toMatch(/\w+ \w+/)
      }
      await trial.stop()
    })
  }
})

describe.concurrent("connections that are lost", () => {
  for (const at of ["connect", "ehlo", "mail", "rcpt", "data"] as const) {
    it(`at ${at}: nothing was delivered, so it is tried again and goes out once`, async () => {
      const trial = await send({ at, drop: at === "ehlo" ? "reset" : true })
      expect(await message(trial)).toMatchObject({ status: "deferred", possible_duplicate: false })
      trial.sandbox.faults.clear()
      await trial.resume()
      await trial.comesThroughOnce()
      await trial.stop()
    })
  }

  it("in the middle of a large mail: the final dot was never sent, so nothing is unknown", async () => {
    const fault = { at: "body", drop: true, afterBytes: 10_000 } as const
    const trial = await send(fault, {}, "A line of a large mail.\r\n".repeat(200_000))
    expect(await message(trial)).toMatchObject({ status: "deferred", possible_duplicate: false })
    trial.sandbox.faults.clear()
    await trial.resume()
    await trial.comesThroughOnce()
    await trial.stop()
  })

  it("after the final dot, before the delivery: unknown, told as such, and sent again (mail-rules I2)", async () => {
    const trial = await send({ at: "dot", drop: true })
    const unknown = await message(trial)
    expect(unknown).toMatchObject({ status: "deferred", possible_duplicate: true })
    expect(Date.parse(unknown.next_attempt_at)).toBeGreaterThan(Date.now() + 9 * 60_000)
    expect((await attempts(trial)).map(({ outcome, stage }) => [outcome, stage])).toEqual([["unknown", "dot"]])
    trial.sandbox.faults.clear()
    await trial.resume()
    await trial.comesThroughOnce()
    expect(await message(trial)).toMatchObject({ status: "sent", possible_duplicate: true })
    await trial.stop()
  })

  it("after the final dot, after the delivery: the second copy is the same mail, and it is said that it may be one", async () => {
    const trial = await send({ at: "delivered", drop: true, times: 1 })
    expect(trial.sandbox.smtp.accepted.length).toBe(1)
    await trial.resume()
    await trial.retryIfDeferred()
    await until(
      () => message(trial),
      ({ status }) => status === "sent",
    )
    const [first, second, ...more] = trial.sandbox.smtp.accepted
    expect([second?.sha256, second?.messageId, more]).toEqual([first?.sha256, first?.messageId, []])
    expect(await message(trial)).toMatchObject({ possible_duplicate: true })
    await trial.stop()
  })
})

it("greylisting: deferred as such, and tried again after five minutes at the earliest", async () => {
  const trial = await send({ at: "rcpt", greylistSeconds: 1 })
  const deferred = await message(trial)
  expect(deferred).toMatchObject({ status: "deferred", recipients: [{ category: "greylisted" }] })
  expect(Date.parse(deferred.next_attempt_at)).toBeGreaterThan(Date.now() + 4.5 * 60_000)
  trial.sandbox.faults.clear()
  await trial.comesThroughOnce()
  await trial.stop()
})

it("a slow server: each octet of its answers waits, and the mail goes out once", async () => {
  const trial = await startTrial(relay, { protocol: "smtp", faults: { smtp: { at: "connect", dripMs: 2 } } })
  await trial.begin()
  await trial.comesThroughOnce()
  await trial.stop()
})

it("one recipient refused beside one accepted: each has its own outcome, and the accepted one gets it once", async () => {
  const trial = await startTrial(relay, {
    protocol: "smtp",
    faults: { smtp: { at: "rcpt", recipient: "gone@*", reply: "550 5.1.1 No such user" } },
  })
  await trial.create()
  const { body: sent } = await relay.call("POST", "/v1/messages", {
    json: { account: trial.id, to: ["bob@demo.test", "gone@demo.test"], subject: "x", text: "x" },
  })
  const settled = await until(
    () => relay.call("GET", `/v1/messages/${sent.id}`),
    ({ body }) => body.status !== "queued",
  )
  expect(settled.body).toMatchObject({
    status: "partially_sent",
    recipients: [
      { address: "bob@demo.test", status: "sent" },
      { address: "gone@demo.test", status: "failed", category: "unknown_user" },
    ],
  })
  expect(trial.sandbox.smtp.accepted.map(({ recipients }) => recipients.map(({ address }) => address))).toEqual([
    ["bob@demo.test"],
  ])
  await trial.stop()
})

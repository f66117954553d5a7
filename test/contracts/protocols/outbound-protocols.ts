import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import { expect } from "vitest"
import { eventTypes, send, theMessage, withAccount } from "./messages.ts"
import { minute, type Stage } from "./stage.ts"
import type { Outcome, Protocol } from "./strike-everywhere.ts"

const later: SmtpReply = { code: 451, enhancedCode: "4.3.0", response: "451 4.3.0 later" }
const never: SmtpReply = { code: 550, enhancedCode: "5.1.1", response: "550 5.1.1 no such user" }
const quota: SmtpReply = { code: 550, enhancedCode: "5.4.5", response: "550 5.4.5 daily quota exceeded" }
const addresses = (...names: string[]) => names.map((name) => ({ name: null, address: `${name}@demo.test` }))

async function withEndpoint(stage: Stage): Promise<void> {
  await withAccount(stage)
  await stage.endpoint("hook")
}

/** How often each recipient's server took the mail. */
function copies(stage: Stage): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const address of stage.sender.taken.flatMap(({ recipients }) => recipients))
    counts[address] = (counts[address] ?? 0) + 1
  return counts
}

async function expectSent(stage: Stage, outcome: Outcome): Promise<void> {
  expect((await theMessage(stage)).status).toBe("sent")
  expect(await eventTypes(stage)).toEqual(["message.sent"])
  expect(stage.sender.taken.length, "copies").toBe(outcome.lostDot ? 2 : 1)
}

/** Recipients that events of a type named, over all of them. */
async function told(stage: Stage, type: string): Promise<string[]> {
  const events = await stage.events(type)
  return events.flatMap(({ data }) => (data as { affected: string[] }).affected).sort()
}

/** Says one answer once, and 250 from then on. */
function answerOnce(stage: Stage, name: string, reply: SmtpReply): void {
  const address = `${name}@demo.test`
  stage.sender.answers.set(address, { outcome: "deferred", reply })
  stage.sender.beforeAnswer = () => void stage.sender.answers.delete(address)
}

export const outboundProtocols: readonly Protocol[] = [
  {
    name: "Accept and Deliver: what was answered with 202 is sent, told and posted",
    prepare: withEndpoint,
    async act(life) {
      await send(life)
      await life.work()
    },
    check: expectSent,
    atLeast: 8,
  },
  {
    name: "Accept and Deliver, where a dead process is told by its time alone",
    options: { soleOwner: false },
    prepare: withEndpoint,
    async act(life) {
      await send(life)
      await life.work()
    },
    check: expectSent,
    atLeast: 8,
  },
  {
    name: "Accept: scheduled mail is found by the tick",
    prepare: withEndpoint,
    async act(life, stage) {
      await send(life, { scheduled_at: "2026-01-01T00:20:00.000Z" })
      await stage.harness.advance(17 * minute)
      await stage.life().tick()
      await stage.harness.advance(4 * minute)
      await life.tick()
      await life.work()
    },
    check: expectSent,
    atLeast: 10,
  },
  {
    name: "Deliver: each recipient by its own answer, each told of once",
    async prepare(stage) {
      await withEndpoint(stage)
      stage.sender.answers.set("gone@demo.test", { outcome: "rejected", reply: never })
      answerOnce(stage, "later", later)
    },
    async act(life, stage) {
      await send(life, { to: addresses("bob", "gone", "later") })
      await life.work()
      await stage.harness.advance(6 * minute)
      await life.work()
    },
    async check(stage, { lostDot }) {
      const { recipients, status } = await theMessage(stage)
      expect(recipients.map((r) => r.status)).toEqual(["sent", "failed", "sent"])
      expect(status).toBe("partially_sent")
      expect(await told(stage, "message.sent")).toEqual(["bob@demo.test", "later@demo.test"])
      expect(await told(stage, "message.failed")).toEqual(["gone@demo.test"])
      const most = lostDot ? 2 : 1
      for (const [address, count] of Object.entries(copies(stage))) expect(count, address).toBeLessThanOrEqual(most)
    },
    atLeast: 14,
  },
  {
    name: "Deliver: a transaction for each recipient, none sent again for another's sake",
    async prepare(stage) {
      const route = { host: "smtp.demo.test", port: 587, security: "starttls", priority: 0, weight: 1 } as const
      await withAccount(stage, { smtp: [{ ...route, name: "main", limits: { recipients: 1 } }] })
      await stage.endpoint("hook")
    },
    async act(life) {
      await send(life, { to: addresses("ada", "bob", "eve") })
      await life.work()
    },
    async check(stage, { lostDot }) {
      expect((await theMessage(stage)).status).toBe("sent")
      const all = ["ada@demo.test", "bob@demo.test", "eve@demo.test"]
      expect(await told(stage, "message.sent")).toEqual(all)
      expect(Object.keys(copies(stage)).sort()).toEqual(all)
      expect(stage.sender.taken.length, "copies").toBe(lostDot ? 4 : 3)
    },
    atLeast: 10,
  },
  {
    name: "Deliver at_most_once: never a second copy (I1)",
    prepare: withEndpoint,
    async act(life) {
      await send(life, { delivery: "at_most_once" })
      await life.work()
    },
    async check(stage, { died, lostDot }) {
      const { status } = await theMessage(stage)
      expect(stage.sender.taken.length).toBeLessThanOrEqual(1)
      if (lostDot || !died) expect(stage.sender.taken).toHaveLength(1)
      if (lostDot) expect(status).toBe("delivery_unknown")
      if (!died) expect(status).toBe("sent")
      expect(await eventTypes(stage)).toEqual([`message.${status}`])
    },
    atLeast: 8,
  },
  {
    name: "Deliver: two workers and a job three times over send one copy",
    options: { soleOwner: false },
    async prepare(stage) {
      await withEndpoint(stage)
      const { ports } = stage.life()
      const id = await send(stage.life())
      const job = { type: "deliver_message.v1", message: id } as const
      await ports.jobs.send([
        { job, group: "ada" },
        { job, group: "ada" },
      ])
      // Both workers get as far as they can before either is answered.
      stage.sender.beforeAnswer = () => new Promise((resolve) => setImmediate(resolve))
    },
    async act(life, stage) {
      const works = await Promise.allSettled([life.work(), stage.life().work()])
      for (const work of works) if (work.status === "rejected") throw work.reason
    },
    check: expectSent,
    atLeast: 4,
  },
  {
    name: "Deliver: a wait of an hour is found by the tick (I4)",
    async prepare(stage) {
      await withEndpoint(stage)
      answerOnce(stage, "bob", quota)
    },
    async act(life, stage) {
      await send(life)
      await life.work()
      await stage.harness.advance(66 * minute)
      await stage.life().tick()
      await stage.harness.advance(minute)
      await life.tick()
      await life.work()
    },
    async check(stage) {
      expect((await theMessage(stage)).status).toBe("sent")
      expect(await told(stage, "message.sent")).toEqual(["bob@demo.test"])
      expect(stage.sender.taken.length).toBeLessThanOrEqual(2)
    },
    atLeast: 14,
  },
]

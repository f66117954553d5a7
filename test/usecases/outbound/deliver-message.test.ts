import { accountRecordId } from "@postrider/core/account/account"
import { cancelMessage } from "@postrider/core/outbound/cancel-message"
import { holdMessage } from "@postrider/core/outbound/hold-message"
import type { OutboundMessage } from "@postrider/core/outbound/message"
import { packOutbound, unpackOutbound } from "@postrider/core/outbound/pack-record"
import { releaseMessage } from "@postrider/core/outbound/release-message"
import { retryMessage } from "@postrider/core/outbound/retry-message"
import { outboundRecordId } from "@postrider/core/outbound/state"
import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { beforeEach, describe, expect, it } from "vitest"
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts"
import { type Life, operator, settle, startLife } from "../../support/outbound-world.ts"
import { createPostboxSender, type PostboxSender } from "../../support/postbox-sender.ts"

const minute = 60_000
const reply = (code: number, enhancedCode: string | null, text: string): SmtpReply => {
  return { code, enhancedCode, response: `${code} ${enhancedCode ?? ""} ${text}` }
}

describe("deliverMessage", () => {
  let clock: ManualClock
  let engine: ReturnType<typeof createMemoryEngine>
  let sender: PostboxSender
  let life: Life

  beforeEach(async () => {
    clock = createManualClock()
    engine = createMemoryEngine({ clock })
    sender = createPostboxSender()
    life = startLife({ engine, clock, sender })
    await settle(engine)
  })

  const stateOf = async (id: string) => {
    const record = await engine.records.get(outboundRecordId(id))
    if (record === undefined) throw new Error(`no message ${id}`)
    return unpackOutbound(record)
  }
  const messageOf = async (id: string): Promise<OutboundMessage> => (await stateOf(id)).message
  const addresses = (...names: string[]) => names.map((name) => ({ name: null, address: `${name}@demo.test` }))
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= minute) {
      await clock.advance(Math.min(minute, left))
      await life.tick()
      await life.drain()
    }
  }

  it("ends each recipient by its own answer: taken over, refused for good, or tried again alone", async () => {
    sender.answers.set("gone@demo.test", { outcome: "rejected", reply: reply(550, "5.1.1", "no such user") })
    sender.answers.set("later@demo.test", { outcome: "deferred", reply: reply(450, "4.2.0", "try later") })
    const { message } = await life.send({ to: addresses("bob", "gone", "later") })
    await life.drain()
    expect((await messageOf(message.id)).recipients.map((r) => [r.address, r.status, r.category])).toEqual([
      ["bob@demo.test", "sent", null],
      ["gone@demo.test", "failed", "unknown_user"],
      ["later@demo.test", "deferred", expect.any(String)],
    ])
    expect((await messageOf(message.id)).status).toBe("deferred")
    sender.answers.clear()
    await pass(20 * minute)
    expect((await messageOf(message.id)).status).toBe("partially_sent")
    expect(sender.taken.map((t) => t.recipients)).toEqual([["bob@demo.test"], ["later@demo.test"]])
  })

  it("sends the same bytes in every attempt", async () => {
    sender.answers.set("bob@demo.test", { outcome: "deferred", reply: reply(451, "4.3.0", "later") })
    const { message } = await life.send({ to: addresses("ada", "bob") })
    await life.drain()
    sender.answers.clear()
    await pass(20 * minute)
    expect((await messageOf(message.id)).status).toBe("sent")
    expect(sender.taken).toHaveLength(2)
    expect(sender.taken[1]?.bytes).toBe(sender.taken[0]?.bytes)
  })

  it("I2: an unknown outcome after the dot is sent again after 10 and 60 minutes, twice, then rests as delivery_unknown", async () => {
    sender.answers.set("bob@demo.test", { outcome: "unknown", reply: null })
    const { message } = await life.send()
    await life.drain()
    expect(sender.sends).toBe(1)
    await pass(9 * minute)
    expect(sender.sends).toBe(1)
    await pass(4 * minute)
    expect(sender.sends).toBe(2)
    await pass(55 * minute)
    expect(sender.sends).toBe(2)
    await pass(15 * minute)
    expect(sender.sends).toBe(3)
    await pass(6 * 60 * minute)
    expect(sender.sends).toBe(3)
    expect(await messageOf(message.id)).toMatchObject({ status: "delivery_unknown", possible_duplicate: true })
  })

  it("I1: at_most_once rests at once when the outcome is unknown", async () => {
    sender.answers.set("bob@demo.test", { outcome: "unknown", reply: null })
    const { message } = await life.send({ delivery: "at_most_once" })
    await life.drain()
    await pass(120 * minute)
    expect(sender.sends).toBe(1)
    expect((await messageOf(message.id)).status).toBe("delivery_unknown")
  })

  it("gives up after five days of deferrals, with the reason expired, at growing intervals", async () => {
    sender.answers.set("bob@demo.test", { outcome: "deferred", reply: reply(451, "4.3.0", "later") })
    const { message } = await life.send()
    await life.drain()
    const times: number[] = [0]
    const start = clock.now()
    for (let hours = 0; hours < 5 * 24 + 4; hours++) {
      const before = sender.sends
      await pass(60 * minute)
      if (sender.sends > before) times.push((clock.now() - start) / minute)
    }
    const after = await messageOf(message.id)
    expect(after.status).toBe("failed")
    expect(after.recipients[0]?.category).toBe("expired")
    expect(sender.sends).toBeGreaterThan(35)
    expect(sender.sends).toBeLessThan(60)
  })

  it("never runs one message twice at a time: of two jobs that meet, one sends", async () => {
    const { message } = await life.send()
    await engine.jobs.send([{ job: { type: "deliver_message.v1", message: message.id }, group: "ada" }])
    const other = startLife({ engine, clock, sender })
    await Promise.all([life.drain(), other.drain()])
    await pass(5 * minute)
    expect(sender.sends).toBe(1)
    expect((await messageOf(message.id)).status).toBe("sent")
  })

  it("H4: more than a hundred recipients go in transactions of a hundred, each once", async () => {
    const to = Array.from({ length: 250 }, (_, n) => ({ name: null, address: `r${n}@demo.test` }))
    const { message } = await life.send({ to })
    await life.drain()
    expect(sender.taken.map((t) => t.recipients.length)).toEqual([100, 100, 50])
    expect((await messageOf(message.id)).status).toBe("sent")
  })

  it("keeps a thousand recipients with answers of their own below the size of a record", async () => {
    const to = Array.from({ length: 1000 }, (_, n) => ({
      name: `Recipient ${n}`,
      address: `recipient-number-${n}@example-${n}.test`,
    }))
    for (const { address } of to) {
      sender.answers.set(address, {
        outcome: "rejected",
        reply: reply(550, "5.1.1", `<${address}>: ${"no such user here ".repeat(8)}`),
      })
    }
    const { message } = await life.send({ to })
    await life.drain()
    const state = await stateOf(message.id)
    expect(state.message.recipients).toHaveLength(1000)
    expect(state.message.recipients[999]).toMatchObject({ status: "failed", code: 550 })
    expect(JSON.stringify(packOutbound(state).body).length).toBeLessThan(100_000)
  })

  it("cancel before any attempt is certain, and nothing is sent", async () => {
    const { message } = await life.send()
    const { asked } = await cancelMessage(life.ports, operator, message.id)
    await life.drain()
    expect(asked).toBe(false)
    expect(sender.sends).toBe(0)
    expect((await messageOf(message.id)).status).toBe("cancelled")
  })

  it("cancel during an attempt is asked for and takes what the attempt left open", async () => {
    sender.answers.set("later@demo.test", { outcome: "deferred", reply: reply(450, "4.2.0", "try later") })
    const { message } = await life.send({ to: addresses("bob", "later") })
    let asked: { asked: boolean } | undefined
    sender.beforeAnswer = async () => {
      asked ??= await cancelMessage(life.ports, operator, message.id)
    }
    await life.drain()
    expect(asked).toMatchObject({ asked: true })
    await pass(60 * minute)
    expect((await messageOf(message.id)).recipients.map((r) => r.status)).toEqual(["sent", "cancelled"])
    expect(sender.sends).toBe(1)
  })

  it("hold keeps a message back until release", async () => {
    const { message } = await life.send()
    await holdMessage(life.ports, operator, message.id)
    await pass(10 * minute)
    expect(sender.sends).toBe(0)
    await releaseMessage(life.ports, operator, message.id)
    await life.drain()
    expect((await messageOf(message.id)).status).toBe("sent")
  })

  it("retry brings a deferred message forward and starts a failed one anew for those not taken over", async () => {
    sender.answers.set("bob@demo.test", { outcome: "deferred", reply: reply(451, "4.7.1", "greylisted") })
    const { message } = await life.send()
    await life.drain()
    await retryMessage(life.ports, operator, message.id)
    await life.drain()
    expect(sender.sends).toBe(2)
    sender.answers.set("bob@demo.test", { outcome: "rejected", reply: reply(550, "5.1.1", "gone") })
    await retryMessage(life.ports, operator, message.id)
    await life.drain()
    expect((await messageOf(message.id)).status).toBe("failed")
    sender.answers.clear()
    await retryMessage(life.ports, operator, message.id)
    await life.drain()
    expect((await messageOf(message.id)).status).toBe("sent")
    await expect(retryMessage(life.ports, operator, message.id)).rejects.toMatchObject({ code: "state_conflict" })
  })

  it("I3: a refusal of the sender fails the message without blaming the recipient", async () => {
    const text = "<ada@demo.test>: Sender address rejected: not owned by user ada"
    sender.answers.set("bob@demo.test", { outcome: "rejected", reply: reply(553, "5.7.1", text) })
    const { message } = await life.send()
    await life.drain()
    expect((await messageOf(message.id)).recipients[0]).toMatchObject({ status: "failed", category: "sender" })
  })

  it("F5: mail for a server whose login is refused waits, and goes when the route is well again", async () => {
    const record = await engine.records.get<{ [key: string]: never }>(accountRecordId("ada"))
    const body = structuredClone(record?.body) as never as { status: Record<string, unknown> }
    body.status["smtp:main"] = { state: "auth_failed", paused: false, retryAt: clock.now() + 30 * minute }
    await engine.records.put({ id: accountRecordId("ada"), body: body as never })
    const { message } = await life.send()
    await life.drain()
    expect(await messageOf(message.id)).toMatchObject({ status: "queued", waiting_for: "credentials", attempts: 0 })
    await pass(40 * minute)
    expect(await messageOf(message.id)).toMatchObject({ status: "sent", waiting_for: null, attempts: 1 })
  })

  it("test messages end in the sink: the local part decides, and no server is asked", async () => {
    const { message } = await life.send({
      test: true,
      to: addresses("bob", "rejected", "deferred", "bounced", "complained"),
    })
    await life.drain()
    await pass(30 * minute)
    expect(sender.sends).toBe(0)
    const after = await messageOf(message.id)
    expect(after.recipients.map((r) => r.status)).toEqual(["sent", "failed", "sent", "bounced", "complained"])
  })
})

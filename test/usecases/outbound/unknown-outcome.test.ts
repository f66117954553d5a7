import { RelayError } from "@postrider/core/error/relay-error"
import { holdMessage } from "@postrider/core/outbound/hold-message"
import type { OutboundMessage } from "@postrider/core/outbound/message"
import { unpackOutbound } from "@postrider/core/outbound/pack-record"
import { releaseMessage } from "@postrider/core/outbound/release-message"
import { outboundRecordId } from "@postrider/core/outbound/state"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { beforeEach, describe, expect, it } from "vitest"
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts"
import { type Life, operator, settle, startLife } from "../../support/outbound-world.ts"
import { createPostboxSender, type PostboxSender } from "../../support/postbox-sender.ts"

const minute = 60_000
const later = { outcome: "deferred" as const, reply: { code: 450, enhancedCode: "4.2.0", response: "450 4.2.0 later" } }
const lost = { outcome: "unknown" as const, reply: null }

describe("a message whose recipients fare differently", () => {
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

  const messageOf = async (id: string): Promise<OutboundMessage> => {
    const record = await engine.records.get(outboundRecordId(id))
    return unpackOutbound(record ?? { body: null }).message
  }
  const statuses = async (id: string) => (await messageOf(id)).recipients.map((r) => r.status)
  const to = (...names: string[]) => names.map((name) => ({ name: null, address: `${name}@demo.test` }))
  const pass = async (ms: number, of: Life = life): Promise<void> => {
    for (let left = ms; left > 0; left -= minute) {
      await clock.advance(Math.min(minute, left))
      await of.tick()
      await of.drain()
    }
  }

  it("I2: at_most_once rests only those whose outcome is unknown; who was deferred beside them is tried again", async () => {
    sender.answers.set("lost@demo.test", lost)
    sender.answers.set("later@demo.test", later)
    const { message } = await life.send({ to: to("lost", "later"), delivery: "at_most_once" })
    await life.drain()
    expect(await statuses(message.id)).toEqual(["delivery_unknown", "deferred"])
    sender.answers.clear()
    await pass(20 * minute)
    expect(await statuses(message.id)).toEqual(["delivery_unknown", "sent"])
    expect(sender.taken.flatMap((t) => t.recipients)).toEqual(["lost@demo.test", "later@demo.test"])
  })

  it("I2: of 300 recipients only the hundred of the lost transaction are in doubt; the others are tried once", async () => {
    const all = Array.from({ length: 300 }, (_, n) => `r${n}`)
    for (const name of all.slice(0, 100)) sender.answers.set(`${name}@demo.test`, lost)
    const { message } = await life.send({ to: to(...all), delivery: "at_most_once" })
    await life.drain()
    await pass(5 * minute)
    const after = await statuses(message.id)
    expect(after.filter((s) => s === "delivery_unknown")).toHaveLength(100)
    expect(after.slice(100).every((s) => s === "sent")).toBe(true)
    expect(sender.taken.map((t) => t.recipients.length)).toEqual([100, 100, 100])
  })

  it("who is deferred waits on the usual schedule while the doubtful wait their own ten minutes", async () => {
    sender.answers.set("lost@demo.test", lost)
    sender.answers.set("later@demo.test", later)
    const { message } = await life.send({ to: to("lost", "later") })
    await life.drain()
    sender.answers.clear()
    await pass(7 * minute)
    expect(sender.taken.map((t) => t.recipients)).toEqual([["lost@demo.test"], ["later@demo.test"]])
    await pass(6 * minute)
    expect(sender.taken.map((t) => t.recipients)).toEqual([["lost@demo.test"], ["later@demo.test"], ["lost@demo.test"]])
    expect(await messageOf(message.id)).toMatchObject({ status: "sent", possible_duplicate: true })
  })

  it("a run that died in doubt about a hundred leaves the others free of it", async () => {
    const all = Array.from({ length: 150 }, (_, n) => `r${n}`)
    const dying = startLife({ engine, clock, sender, death: { n: 3, moment: "before" } })
    const { message } = await life.send({ to: to(...all), delivery: "at_most_once" })
    // Calls: the claim, the first outcome, the second outcome: it dies before the last is written.
    const died = dying.drain().catch(() => undefined)
    for (let n = 0; n < 40; n++) await clock.advance(minute / 2)
    await died
    await pass(3 * minute)
    const after = await statuses(message.id)
    expect(after.slice(0, 100).every((s) => s === "sent")).toBe(true)
    expect(after.slice(100).every((s) => s === "delivery_unknown")).toBe(true)
    expect(sender.taken).toHaveLength(2)
  })

  it("a store that fails once after the dot makes no second copy", async () => {
    let failures = 1
    const records: typeof life.ports.records = {
      ...life.ports.records,
      put: (record, when) => {
        const outcome = record.id.startsWith("out#") && sender.taken.length > 0
        if (outcome && failures-- > 0) return Promise.reject(new Error("disk went away"))
        return engine.records.put(record, when)
      },
    }
    const { message } = await life.send()
    life.ports.records = records
    const draining = life.drain()
    for (let n = 0; n < 50 && sender.taken.length === 0; n++) await clock.advance(100)
    for (let n = 0; n < 50; n++) await clock.advance(1000)
    await draining
    await pass(90 * minute)
    expect(sender.taken).toHaveLength(1)
    expect((await messageOf(message.id)).status).toBe("sent")
  })

  it("content that cannot be read for hours is waited for, without an attempt and without an end but the lifetime", async () => {
    const { message } = await life.send()
    let broken = true
    const content: typeof life.ports.content = {
      ...engine.content,
      get: (key, range) =>
        broken ? Promise.reject(new RelayError("overloaded", "the store is away")) : engine.content.get(key, range),
    }
    life.ports.content = content
    await life.drain()
    await pass(5 * 60 * minute)
    expect(await messageOf(message.id)).toMatchObject({ status: "queued", attempts: 0, possible_duplicate: false })
    broken = false
    await pass(5 * minute)
    expect(await messageOf(message.id)).toMatchObject({ status: "sent", attempts: 1 })
    expect(sender.taken).toHaveLength(1)
  })

  it("H2: a route that cannot take the mail is passed over where there is another", async () => {
    const route = { host: "smtp.demo.test", port: 587, security: "starttls" as const, weight: 1, limits: {} }
    await settle(engine, {
      smtp: [
        { ...route, name: "small", priority: 0 },
        { ...route, name: "large", priority: 1 },
      ],
    })
    const used: string[] = []
    const send = sender.send
    sender.send = async (request) => {
      used.push(request.poolKey)
      const result = await send(request)
      if (!request.poolKey.endsWith("small")) return result
      sender.taken.length = 0
      const recipients = result.recipients.map((r) => ({ ...r, outcome: "rejected" as const, reply: null }))
      return { ...result, stage: "capability", recipients, reply: null, unsupported: "size" }
    }
    const { message } = await life.send()
    await life.drain()
    expect(used).toEqual(["ada/small", "ada/large"])
    expect((await messageOf(message.id)).status).toBe("sent")
  })

  it("a deferral is told of once, however often it is tried again", async () => {
    const endpoint = { id: "ep_1", types: ["*"], test: false, body: "compact" }
    await engine.records.put({ id: "cfg#endpoints", body: { endpoints: [endpoint] } })
    sender.answers.set("bob@demo.test", later)
    await life.send()
    await life.drain()
    await pass(3 * 60 * minute)
    expect(sender.sends).toBeGreaterThan(3)
    const jobs = await engine.source.receive("webhook", { max: 50, waitMs: 0, visibilityMs: minute, maxReceives: 9 })
    expect(jobs).toHaveLength(1)
  })

  it("G6: a mail released after more than an hour bears the Date of its release, and its lifetime begins anew", async () => {
    const { message } = await life.send()
    await holdMessage(life.ports, operator, message.id)
    await life.drain()
    const days = 6
    await clock.advance(days * 24 * 60 * minute)
    await releaseMessage(life.ports, operator, message.id)
    await life.drain()
    expect((await messageOf(message.id)).status).toBe("sent")
    const date = /^Date: (.*)$/m.exec(sender.taken[0]?.bytes ?? "")?.[1] ?? ""
    expect(Math.abs(Date.parse(date) - clock.now())).toBeLessThan(2000)
  })
})

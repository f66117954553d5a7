import { unpackOutbound } from "@postrider/core/outbound/pack-record"
import { sendMessage } from "@postrider/core/outbound/send-message"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { beforeEach, describe, expect, it } from "vitest"
import { createManualClock } from "../../support/manual-clock.ts"
import { type Life, operator, sendInput, settle, startLife } from "../../support/outbound-world.ts"
import { createPostboxSender, type PostboxSender } from "../../support/postbox-sender.ts"

describe("sendMessage", () => {
  let engine: ReturnType<typeof createMemoryEngine>
  let sender: PostboxSender
  let life: Life

  beforeEach(async () => {
    const clock = createManualClock()
    engine = createMemoryEngine({ clock })
    sender = createPostboxSender()
    life = startLife({ engine, clock, sender })
    await settle(engine)
  })

  it("answers a repeat with the same Idempotency-Key as the first time, and sends once", async () => {
    const first = await life.send({}, "welcome-42")
    await life.drain()
    const again = await life.send({}, "welcome-42")
    await life.drain()
    expect(again).toEqual({ message: first.message, replayed: true })
    expect(sender.sends).toBe(1)
  })

  it("refuses the same key with another request", async () => {
    await life.send({}, "welcome-42")
    await expect(life.send({ subject: "Other" }, "welcome-42")).rejects.toMatchObject({ code: "idempotency_mismatch" })
  })

  it("keeps tests and live mail of one key apart", async () => {
    const live = await life.send({}, "k")
    const test = await life.send({ test: true }, "k")
    expect(test.message.id).not.toBe(live.message.id)
  })

  it("of ten equal requests at once, one message is made", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => life.send({}, "race")))
    await life.drain()
    expect(new Set(all.map((sent) => sent.message.id)).size).toBe(1)
    expect(all.filter((sent) => !sent.replayed)).toHaveLength(1)
    expect(sender.sends).toBe(1)
  })

  it("accepts while the queue is down: the tick finds the message", async () => {
    const broken = { ...life.ports, jobs: { ...life.ports.jobs, send: () => Promise.reject(new Error("queue down")) } }
    await sendMessage(broken, operator, { input: sendInput(), idempotencyKey: null })
    await life.tick()
    await life.drain()
    expect(sender.sends).toBe(1)
  })

  it("G2: duplicates over to, cc and bcc go once", async () => {
    const bob = { name: null, address: "bob@demo.test" }
    const shouting = { name: null, address: "bob@DEMO.test" }
    const { message } = await life.send({ to: [bob], cc: [shouting], bcc: [bob] })
    expect(message.recipients).toHaveLength(1)
  })

  it("G3: From must be the account's, of its domain, or in senders", async () => {
    await expect(life.send({ from: { name: null, address: "eve@evil.test" } })).rejects.toMatchObject({
      code: "from_not_allowed",
    })
    await expect(life.send({ from: { name: null, address: "billing@demo.test" } })).resolves.toBeDefined()
  })

  it("G4: MAIL FROM is the account's return path, not From", async () => {
    await settle(engine, { return_path: "bounces@demo.test" })
    const { message } = await life.send({ from: { name: null, address: "billing@demo.test" } })
    await life.drain()
    expect(message.from.address).toBe("billing@demo.test")
    expect(sender.taken[0]?.mailFrom).toBe("bounces@demo.test")
  })

  it("names what is missing: account, route, recipients", async () => {
    await expect(life.send({ account: "nobody" })).rejects.toMatchObject({ code: "unknown_account" })
    await expect(life.send({ account: null })).rejects.toMatchObject({ code: "account_required" })
    await expect(life.send({ route: "backup" })).rejects.toMatchObject({ code: "unknown_route" })
    await expect(life.send({ to: [] })).rejects.toMatchObject({ code: "invalid_request" })
  })

  it("a mail over the limit is refused before anything is stored", async () => {
    const content = { size: 70 * 1024 * 1024, sha256: "0", body: () => Promise.reject(new Error("not read")) as never }
    const attachments = [{ filename: "a", content, content_type: null, content_id: null, disposition: null }]
    await expect(life.send({ attachments })).rejects.toMatchObject({ code: "message_too_large" })
  })
})

describe("sendMessage, repeated with its key", () => {
  it("answers as then, though the account is gone and expires_at is past", async () => {
    const clock = createManualClock()
    const engine = createMemoryEngine({ clock })
    const life = startLife({ engine, clock, sender: createPostboxSender() })
    await settle(engine)
    const expires_at = new Date(clock.now() + 60_000).toISOString()
    const first = await life.send({ expires_at }, "key")
    await clock.advance(120_000)
    await engine.records.delete("acc#ada")
    const again = await life.send({ expires_at }, "key")
    expect(again).toMatchObject({ replayed: true, message: { id: first.message.id, expires_at } })
  })

  it("refuses more recipients than its record has room for, before anything is stored", async () => {
    const clock = createManualClock()
    const engine = createMemoryEngine({ clock })
    const life = startLife({ engine, clock, sender: createPostboxSender() })
    await settle(engine)
    const local = "x".repeat(60)
    const to = Array.from({ length: 1000 }, (_, n) => ({ name: null, address: `${local}${n}@example.test` }))
    await expect(life.send({ to })).rejects.toMatchObject({
      code: "invalid_request",
      options: { errors: [{ pointer: "/to", code: "too_long" }] },
    })
  })

  it("never shows a Bcc as a To, also where the lists of many recipients are not kept", async () => {
    const clock = createManualClock()
    const engine = createMemoryEngine({ clock })
    const life = startLife({ engine, clock, sender: createPostboxSender() })
    await settle(engine)
    const list = (from: string) =>
      Array.from({ length: 60 }, (_, n) => ({ name: null, address: `${from}${n}@demo.test` }))
    const repeated = [...list("to"), { name: null, address: "to1@demo.test" }]
    const { message } = await life.send({ to: repeated, bcc: list("bcc") })
    const record = await engine.records.get(`out#${message.id}`)
    const kept = unpackOutbound(record ?? { body: null }).message
    expect(kept.to.filter((a) => a.address.startsWith("bcc"))).toEqual([])
    expect(kept.recipients).toHaveLength(120)
  })
})

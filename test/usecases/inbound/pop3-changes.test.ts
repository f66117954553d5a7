import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { createdAt, createInboundWorld, day, type InboundWorld, mail, minute } from "../../support/inbound-world.ts"
import {
  createMailServerModel,
  type MailServerModel,
  type ModelMailbox,
  newMailbox,
} from "../../support/scripted-mailbox.ts"

const parser = createMimeParser({ maxBytes: 4_000_000, timeoutMs: 10_000, maxHeapMb: 128, workers: 2 })
afterAll(() => parser.close())

let model: MailServerModel
let world: InboundWorld
const start = async (settings: Parameters<typeof createInboundWorld>[2] = { pop3: {} }) => {
  model = createMailServerModel("pop3")
  world = await createInboundWorld(model, parser, settings)
}
const drop = (): ModelMailbox => model.mailboxes.get("INBOX") ?? newMailbox("INBOX")
const later = () => world.clock.now() + 1000
const deliver = (n: number, given: Partial<Parameters<MailServerModel["deliver"]>[1]> & { at?: number } = {}) =>
  model.deliver("INBOX", { raw: mail(n, { at: given.at ?? later() }), ...given })
const subjects = async () =>
  (await world.events("message.received")).map((event) => (event.data as { subject: string }).subject).sort()
const pollFor = async (polls: number, stepMs = minute) => {
  for (let n = 0; n < polls; n++) {
    await world.poll()
    await world.clock.advance(stepMs)
  }
}
/** The largest record written under this name. */
const largest = async () => {
  const boxes = await world.engine.records.getMany(world.writes.filter((id) => id.startsWith("box#")))
  return Math.max(...boxes.map(({ body }) => new TextEncoder().encode(JSON.stringify(body)).length))
}

beforeEach(() => start())

describe("D: UIDLs used again", () => {
  it("D2 a UIDL used again at once, for a mail of equal size, is another mail", async () => {
    await start({ pop3: { delete: "after_store" } })
    const first = deliver(1)
    await world.poll()
    expect(drop().mails).toEqual([])
    const second = deliver(2, { uidl: first.uidl ?? "", at: createdAt + 1000 })
    expect(second.raw.length).toBe(first.raw.length)
    await pollFor(2)
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    expect(drop().mails).toEqual([])
  })

  it("D3 what a server kept although it confirmed QUIT is deleted again, without another event", async () => {
    await start({ pop3: { delete: "after_store" } })
    deliver(1)
    model.trouble.keepsDeleted = true
    await pollFor(2)
    expect(drop().mails).toHaveLength(1)
    delete model.trouble.keepsDeleted
    await pollFor(2)
    expect(drop().mails).toEqual([])
    expect(await subjects()).toEqual(["Mail 1"])
  })

  it("D2 A7 without TOP, mails stored by a poll that died are known by their size", async () => {
    model.trouble.noTop = true
    for (let n = 1; n <= 5; n++) deliver(n)
    for (let n = 1; (await world.events("message.received")).length < 5; n++)
      await world.poll({ mortality: { n, moment: "before" } }).catch(() => {})
    expect(world.writes.filter((id) => id.startsWith("box#ada#INBOX#"))).toEqual([])
    await pollFor(2)
    expect(await subjects()).toEqual(["Mail 1", "Mail 2", "Mail 3", "Mail 4", "Mail 5"])
  })
})

describe("C: history", () => {
  it("C1 a mail without Received is delivered, whatever its Date says", async () => {
    model.deliver("INBOX", { raw: mail(1, { headers: ["Date: Mon, 5 Jan 2015 10:00:00 +0000"] }) })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1"])
  })

  it("C1 the baseline stands only when all mails of the first session were judged", async () => {
    for (let n = 1; n <= 30; n++) deliver(n)
    const slow = { ...parser, parse: parser.parse }
    slow.parse = async (raw) => {
      await world.clock.advance(500)
      return parser.parse(raw)
    }
    world.ports.parser = slow
    deliver(31, { raw: mail(31, { at: later(), body: "x".repeat(17 * 1024 * 1024) }), size: 17 * 1024 * 1024 })
    for (let n = 32; n <= 40; n++) deliver(n)
    expect(await world.poll({ deadline: world.clock.now() + 10_000 })).toMatchObject({ kind: "polled", more: true })
    const box = await world.engine.records.get<{ baselineDone: boolean }>("box#ada#INBOX")
    expect(box?.body.baselineDone).toBe(false)
  })
})

describe("A4: what looks like a reset", () => {
  it("A4 others delete most mails while one arrives: no reset, and no new epoch", async () => {
    for (let n = 1; n <= 14; n++) deliver(n)
    await world.poll()
    for (let uid = 1; uid <= 12; uid++) model.expunge("INBOX", uid)
    deliver(15)
    await pollFor(2)
    expect(await world.events("mailbox.reset")).toEqual([])
    expect((await world.engine.records.get<{ epoch: number }>("box#ada#INBOX"))?.body.epoch).toBe(1)
    expect(await subjects()).toHaveLength(15)
  })

  it("A4 most of what went comes back under other UIDLs: a reset, also when others deleted some", async () => {
    for (let n = 1; n <= 14; n++) deliver(n)
    await world.poll()
    for (let uid = 1; uid <= 4; uid++) model.expunge("INBOX", uid)
    for (const one of drop().mails) one.uidl = `other-${one.uid}`
    deliver(15)
    await pollFor(2)
    expect((await world.events("mailbox.reset")).map((one) => one.data)).toMatchObject([{ matched: 10, new: 1 }])
    expect(await subjects()).toHaveLength(15)
  })
})

describe("B: what does not arrive", () => {
  it("B4 a header that kills the connection counts as a failed try of that mail alone", async () => {
    deliver(1)
    deliver(2, { headerDrops: true, trouble: "drops" })
    deliver(3)
    await pollFor(90)
    expect(await subjects()).toEqual(["Mail 1", "Mail 3"])
    expect((await world.events("message.skipped")).map((one) => one.data)).toMatchObject([{ uidl: "u1-2" }])
    expect(await world.poll()).toMatchObject({ kind: "polled" })
  })

  it("B4 parked mail is tried once by a poll that is asked for, and once a day", async () => {
    const broken = deliver(1, { trouble: "missing" })
    await pollFor(70)
    expect(await world.events("message.skipped")).toHaveLength(1)
    model.log.length = 0
    await world.poll({ asked: true })
    await pollFor(5)
    expect(model.log.filter((line) => line.startsWith("fetch"))).toHaveLength(1)
    expect(await world.events("message.skipped")).toHaveLength(1)
    delete broken.trouble
    await world.clock.advance(day)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1"])
    model.log.length = 0
    await pollFor(1)
    expect(model.log).toEqual(["open", "list", "end"])
  })

  it("B4 hundreds of mails that do not arrive, with long UIDLs and reasons, keep the records below 100 KB", async () => {
    for (let n = 1; n <= 600; n++) deliver(n, { trouble: "missing", uidl: `${n}-${"€".repeat(300)}` })
    await pollFor(4)
    expect(await largest()).toBeLessThan(100 * 1024)
    for (const one of drop().mails) delete one.trouble
    for (let polls = 0; polls < 12; polls++) await pollFor(1, 20 * minute)
    expect(new Set(await subjects()).size).toBe(600)
    expect(await subjects()).toHaveLength(600)
    expect(await largest()).toBeLessThan(100 * 1024)
  })
})

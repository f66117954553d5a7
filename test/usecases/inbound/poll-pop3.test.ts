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

beforeEach(() => start())

describe("polling", () => {
  it("takes each mail once, with its event, and then leaves the server alone", async () => {
    deliver(1)
    deliver(2)
    expect(await world.poll()).toEqual({ kind: "polled", taken: 2, skipped: 0, more: false, busy: false })
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    world.writes.length = 0
    model.log.length = 0
    expect(await world.poll()).toMatchObject({ taken: 0 })
    expect({ writes: world.writes, log: model.log }).toEqual({ writes: [], log: ["open", "list", "end"] })
  })

  it("received_at is the date of the topmost Received (mail-rules B8)", async () => {
    const at = later()
    deliver(1, { at })
    await world.poll()
    expect((await world.received())[0]?.summary).toMatchObject({
      source: "pop3",
      received_at: new Date(at).toISOString(),
      uidl: "u1-1",
    })
  })

  it("a session ends after 200 mails, and the next goes on", async () => {
    await start({ pop3: { history: "all" } })
    for (let n = 1; n <= 450; n++) deliver(n)
    expect(await world.poll()).toMatchObject({ taken: 200, more: true })
    await world.pollOut()
    expect(new Set(await subjects()).size).toBe(450)
    expect(await subjects()).toHaveLength(450)
  })
})

describe("C: history", () => {
  it("C1 new: old mail by its topmost Received is never retrieved; without a readable date it is delivered", async () => {
    deliver(1, { at: createdAt - day })
    deliver(2)
    model.deliver("INBOX", { raw: mail(3) })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2", "Mail 3"])
    expect(model.log.filter((line) => line.startsWith("fetch"))).toEqual(["fetch 2,3"])
    deliver(4, { at: createdAt - day })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2", "Mail 3", "Mail 4"])
  })

  it("C3 Gmail lists only a part of the maildrop: the baseline is by date in every session", async () => {
    await start({ pop3: { host: "pop.gmail.com" } })
    await world.poll()
    deliver(1, { at: createdAt - day })
    deliver(2)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2"])
  })
})

describe("D: POP3", () => {
  it("D1 numbers imply no order: new mail in front of known mail is the one that is taken", async () => {
    deliver(5, { uid: 5 })
    await world.poll()
    model.deliver("INBOX", { raw: mail(1, { at: later() }), uid: 1 })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 5"])
    expect(model.log.filter((line) => line.startsWith("fetch"))).toEqual(["fetch 1", "fetch 1"])
  })

  it("D2 a UIDL used again with another size is another mail", async () => {
    const first = deliver(1)
    await world.poll()
    model.expunge("INBOX", first.uid)
    deliver(2, { raw: mail(22, { at: later() }), uidl: first.uidl ?? "" })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 22"])
    await world.poll()
    expect(await subjects()).toHaveLength(2)
  })

  it("D2 a UIDL that comes back is told by its header: the same mail is no event, another one is", async () => {
    const first = deliver(1)
    const second = deliver(2)
    await world.poll()
    drop().mails = []
    await world.poll()
    drop().mails = [first, { ...second, raw: mail(3, { at: createdAt + 1000 }) }]
    expect(drop().mails[1]?.raw.length).toBe(second.raw.length)
    await world.poll()
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2", "Mail 3"])
  })

  it("D2 a UIDL listed twice is told apart by the header; equal mails under it count once", async () => {
    for (const n of [1, 2, 2]) deliver(n, { uidl: "same" })
    await world.poll()
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })

  it("D3 after_store: deleted once durable; without +OK to QUIT nothing counts as deleted, and no event doubles", async () => {
    await start({ pop3: { delete: "after_store" } })
    deliver(1)
    model.trouble.quitFails = true
    await world.poll()
    expect(drop().mails).toHaveLength(1)
    model.trouble.quitFails = false
    await world.poll()
    expect(drop().mails).toEqual([])
    expect(await subjects()).toEqual(["Mail 1"])
  })

  it("D3 a known mail is deleted only if its header is the one that was stored", async () => {
    await start({ pop3: { delete: "after_store" } })
    const first = deliver(1)
    model.trouble.quitFails = true
    await world.poll()
    model.trouble.quitFails = false
    const other = mail(7, { at: createdAt + 1000 })
    expect(other.length).toBe(first.raw.length)
    first.raw = other
    await world.poll()
    expect(drop().mails).toHaveLength(1)
  })

  it("D3 after_days deletes taken mail of that age, never the baseline", async () => {
    await start({ pop3: { delete: { after_days: 2 } } })
    const old = deliver(1, { at: createdAt - day })
    deliver(2)
    await world.poll()
    await world.clock.advance(day)
    await world.poll()
    expect(drop().mails).toHaveLength(2)
    await world.clock.advance(day + minute)
    await world.poll()
    expect(drop().mails).toEqual([old])
  })

  it("D3 a deleted UIDL is forgotten with the first listing that lacks it, others after 30 days", async () => {
    await start({ pop3: { delete: "after_store" } })
    const first = deliver(1)
    await world.poll()
    await world.poll()
    deliver(2, { uidl: first.uidl ?? "" })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    await world.clock.advance(31 * day)
    await world.poll()
    deliver(3, { uidl: first.uidl ?? "" })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2", "Mail 3"])
  })

  it("D4 no UIDL: only after_store is accepted, any other policy is misconfigured", async () => {
    model.trouble.noUidl = true
    deliver(1)
    expect(await world.poll()).toMatchObject({ kind: "fault", fault: { misconfigured: true } })
    await start({ pop3: { delete: "after_store" } })
    model.trouble.noUidl = true
    deliver(1)
    model.trouble.quitFails = true
    await world.poll()
    model.trouble.quitFails = false
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1"])
    expect(drop().mails).toEqual([])
  })
})

describe("A4: UIDLs made anew", () => {
  it("all UIDLs change: one mailbox.reset, no mail is doubled, the new one is taken", async () => {
    for (let n = 1; n <= 12; n++) deliver(n)
    await world.poll()
    for (const one of drop().mails) one.uidl = `other-${one.uid}`
    deliver(13)
    await world.poll()
    expect(await subjects()).toHaveLength(13)
    expect((await world.events("mailbox.reset")).map((one) => one.data)).toEqual([
      { account: "ada", mailbox: "INBOX", cause: "uidls_changed", matched: 12, new: 1 },
    ])
    model.log.length = 0
    await world.poll()
    expect(model.log).toEqual(["open", "list", "end"])
  })

  it("a few changed UIDLs are matched without a reset", async () => {
    deliver(1)
    const second = deliver(2)
    await world.poll()
    second.uidl = "renamed"
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    expect(await world.events("mailbox.reset")).toEqual([])
  })

  it("A3 another server: equal UIDLs are proven by their headers", async () => {
    deliver(1)
    const second = deliver(2)
    await world.poll()
    second.raw = mail(3, { at: createdAt + 1000 })
    await world.saveAccount({ intakeGeneration: 2 })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2", "Mail 3"])
    expect(await world.events("mailbox.reset")).toHaveLength(1)
  })
})

describe("A5: a mail whose entry was never written", () => {
  it("is recognised by its record when the UIDLs are made anew before the next poll", async () => {
    for (let n = 1; n <= 12; n++) deliver(n)
    await world.poll()
    deliver(13)
    // Dies at one write after the other until the event of the new mail is out.
    for (let n = 1; (await world.events("message.received")).length < 13; n++)
      await expect(world.poll({ mortality: { n, moment: "before" } })).rejects.toThrow()
    for (const one of drop().mails) one.uidl = `other-${one.uid}`
    await world.poll()
    expect(await subjects()).toHaveLength(13)
    expect((await world.events("mailbox.reset"))[0]?.data).toMatchObject({ matched: 13, new: 0 })
  })
})

describe("B: what does not arrive", () => {
  it.each(["missing", "drops", "breaks"] as const)(
    "B4 a mail that is %s: others go on, and it is parked with message.skipped",
    async (trouble) => {
      deliver(1)
      deliver(2, { trouble })
      deliver(3)
      for (let polls = 0; polls < 90; polls++) {
        await world.poll()
        await world.clock.advance(minute)
      }
      expect(await subjects()).toEqual(["Mail 1", "Mail 3"])
      expect((await world.events("message.skipped")).map((one) => one.data)).toMatchObject([{ uidl: "u1-2" }])
      model.log.length = 0
      await world.poll()
      expect(model.log).toEqual(["open", "list", "end"])
    },
  )

  it("B5 a mail that kills the poll is named first and parked after three polls", async () => {
    await world.poll()
    deliver(1)
    const killing = await createInboundWorld(
      model,
      { ...parser, parse: () => Promise.reject(new Error("out of memory")) },
      { pop3: {} },
    )
    for (let receives = 1; receives <= 4; receives++) {
      await expect(killing.poll({ receives })).rejects.toThrow("out of memory")
      await killing.clock.advance(2 * minute)
    }
    await killing.poll({ receives: 5 })
    expect(await killing.events("message.skipped")).toHaveLength(1)
  })
})

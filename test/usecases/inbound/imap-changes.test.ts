import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { createdAt, createInboundWorld, day, type InboundWorld, mail, minute } from "../../support/inbound-world.ts"
import { createMailServerModel, type MailServerModel, newMailbox } from "../../support/scripted-mailbox.ts"

const parser = createMimeParser({ maxBytes: 4_000_000, timeoutMs: 10_000, maxHeapMb: 128, workers: 2 })
afterAll(() => parser.close())

let model: MailServerModel
let world: InboundWorld
const start = async (imap: Parameters<typeof createInboundWorld>[2] = { imap: {} }) => {
  model = createMailServerModel("imap")
  world = await createInboundWorld(model, parser, imap)
}
const later = () => world.clock.now() + 1000
const deliver = (n: number, given: Partial<Parameters<MailServerModel["deliver"]>[1]> = {}, path = "INBOX") =>
  model.deliver(path, { raw: mail(n), internalDate: later(), ...given })
const subjects = async () =>
  (await world.events("message.received")).map((event) => (event.data as { subject: string }).subject)
const inbox = () => model.mailboxes.get("INBOX") ?? newMailbox("INBOX")
const pollFor = async (polls: number, stepMs = minute) => {
  for (let n = 0; n < polls; n++) {
    await world.poll()
    await world.clock.advance(stepMs)
  }
}
const headers = ["X-Postrider-Id: out_00000000000000000000000001"]

beforeEach(() => start())

describe("E1: only what is stored is changed on the server", () => {
  it("E1 delete after_days leaves every mail that was parked, however many there are", async () => {
    await start({ imap: { delete: { after_days: 3 } } })
    for (let lot = 0; lot < 3; lot++) {
      for (let n = 1; n <= 70; n++) deliver(lot * 70 + n, { trouble: "missing" })
      await pollFor(6, 15 * minute)
    }
    deliver(211)
    expect((await world.events("message.skipped")).length).toBe(210)
    await pollFor(6, day + minute)
    expect(inbox().mails.map(({ uid }) => uid)).toEqual(Array.from({ length: 210 }, (_, index) => index + 1))
  })

  it.each([{ delete: "after_store" as const }, { move_to: "Done" }, { mark_seen: true }])(
    "E1 A9 our own mail in \\Sent, which is never stored, is left alone by %j",
    async (settings) => {
      await start({ imap: { mailboxes: ["Sent"], ...settings } })
      model.mailboxes.set("Sent", newMailbox("Sent", "\\Sent"))
      model.mailboxes.set("Done", newMailbox("Done"))
      const own = deliver(1, { raw: mail(1, { headers }) }, "Sent")
      const other = deliver(2, {}, "Sent")
      await pollFor(2)
      expect(model.log.filter((line) => line.startsWith("change"))).toEqual([
        expect.stringMatching(new RegExp(`^change ${other.uid} `)),
      ])
      expect([...own.flags]).toEqual([])
    },
  )

  it("E1 A9 delete after_days leaves our own mail in \\Sent", async () => {
    await start({ imap: { mailboxes: ["Sent"], delete: { after_days: 3 } } })
    model.mailboxes.set("Sent", newMailbox("Sent", "\\Sent"))
    const own = deliver(1, { raw: mail(1, { headers }) }, "Sent")
    deliver(2, {}, "Sent")
    await pollFor(6, day + minute)
    expect(model.mailboxes.get("Sent")?.mails).toEqual([own])
  })

  it("E1 move_to the mailbox that is polled moves nothing, so that it makes no new mail of it for ever", async () => {
    await start({ imap: { mailboxes: ["INBOX", "Done"], move_to: "Done" } })
    model.mailboxes.set("Done", newMailbox("Done"))
    deliver(1)
    await pollFor(4)
    expect(model.log.filter((line) => line.startsWith("change"))).toHaveLength(1)
    expect(await subjects()).toEqual(["Mail 1"])
  })
})

describe("B4: what is parked is not given up for ever", () => {
  const park = async () => {
    const broken = deliver(1, { trouble: "missing" })
    deliver(2)
    await pollFor(70)
    expect(await world.events("message.skipped")).toHaveLength(1)
    return broken
  }

  it("B4 a poll that is asked for tries it once; when it comes it is received", async () => {
    const broken = await park()
    model.log.length = 0
    await world.poll({ asked: true })
    expect(model.log.filter((line) => line === "fetch 1")).toHaveLength(1)
    await pollFor(5)
    expect(model.log.filter((line) => line === "fetch 1")).toHaveLength(1)
    delete broken.trouble
    await world.poll({ asked: true })
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    expect(await world.events("message.skipped")).toHaveLength(1)
    model.log.length = 0
    await world.poll({ asked: true })
    expect(model.log).toEqual(["open", "select INBOX", "end"])
  })

  it("B4 the daily listing of all UIDs tries it once as well", async () => {
    const broken = await park()
    delete broken.trouble
    await pollFor(1)
    expect(await subjects()).toEqual(["Mail 2"])
    await world.clock.advance(day)
    await pollFor(1)
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })

  it("B5 one that kills the process is named before, and kills one poll at most", async () => {
    const broken = await park()
    delete broken.trouble
    const killing = { ...parser, parse: () => Promise.reject(new Error("out of memory")) }
    world.ports.parser = killing
    await expect(world.poll({ asked: true })).rejects.toThrow("out of memory")
    await world.clock.advance(2 * minute)
    expect(await world.poll({ receives: 2, asked: true })).toMatchObject({ kind: "polled" })
    expect(await world.poll()).toMatchObject({ kind: "polled" })
  })
})

describe("B: what stands in the way of other mail", () => {
  it("a mailbox whose SELECT is refused does not keep the ones after it from their mail (mail-rules F5)", async () => {
    await start({ imap: { mailboxes: ["Locked", "INBOX"] } })
    model.mailboxes.set("Locked", { ...newMailbox("Locked"), refused: true })
    deliver(1)
    expect(await world.poll()).toMatchObject({ kind: "fault", taken: 1, fault: { stage: "select", code: "NOPERM" } })
    expect(await subjects()).toEqual(["Mail 1"])
  })

  it("B4 a header that kills the connection counts as a failed try of that mail alone", async () => {
    await start({ imap: { mailboxes: ["INBOX", "Archive"] } })
    model.mailboxes.set("Archive", newMailbox("Archive"))
    await world.poll()
    deliver(1)
    deliver(2, { headerDrops: true })
    deliver(3)
    await pollFor(90)
    expect(await subjects()).toEqual(["Mail 1", "Mail 3"])
    expect((await world.events("message.skipped")).map((one) => one.data)).toMatchObject([{ uid: 2 }])
  })

  it("B3 C1 a new mail below an old one of the first session is taken, also when that session was cut off", async () => {
    deliver(1, { internalDate: createdAt - day })
    deliver(2)
    deliver(3, { internalDate: createdAt - day })
    await expect(world.poll({ mortality: { n: 2, moment: "before" } })).rejects.toThrow()
    await pollFor(2)
    expect(await subjects()).toEqual(["Mail 2"])
  })
})

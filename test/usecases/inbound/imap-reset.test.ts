import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  createdAt,
  createInboundWorld,
  day,
  hour,
  type InboundWorld,
  mail,
  minute,
} from "../../support/inbound-world.ts"
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
const box = (path = "INBOX") => model.mailboxes.get(path) ?? newMailbox(path)
const resets = async () => (await world.events("mailbox.reset")).map((one) => one.data)
const renumber = (path = "INBOX") => {
  const mailbox = box(path)
  mailbox.uidValidity = String(Number(mailbox.uidValidity) + 1)
}
/** Makes the ledger forget its oldest mails, as 20,000 later ones would. */
const runOver = async (forgotten: Record<string, number>, keep: (mailbox: string, uid: number) => boolean) => {
  interface Head {
    boxes: string[]
    entries: [string, number, number][]
    pages: { n: number; count: number }[]
    forgotten: Record<string, number>
  }
  const head = await world.engine.records.get<Head>("led#ada#head")
  if (head === undefined) throw new Error("no ledger")
  const { boxes } = head.body
  const entries = head.body.entries.filter(([, at, uid]) => keep(boxes[at] ?? "", uid))
  await world.clock.advance(hour)
  // Written later than the records, so that these do not complete it.
  const body = { ...head.body, entries, forgotten, pages: [{ n: 7, count: 0 }], writtenAt: world.clock.now() }
  await world.engine.records.put({ id: head.id, body })
}

beforeEach(() => start())

describe("A4: a reset of a mailbox of which the ledger forgot mail", () => {
  it("A4 forgotten mails are found among the records: an old date in the ledger makes no storm", async () => {
    deliver(1, { internalDate: createdAt - 20_000 * day })
    for (let n = 2; n <= 40; n++) deliver(n)
    await start2()
    expect(await subjects()).toHaveLength(40)
    await runOver({ INBOX: later() }, (_, uid) => uid === 1 || uid > 35)
    renumber()
    deliver(41)
    await world.pollOut()
    expect(await subjects()).toHaveLength(41)
    expect(await resets()).toMatchObject([{ matched: 40, skipped: 0, new: 1 }])
  })

  it("A4 a quiet mailbox that the ledger forgot altogether: brand-new mail is received, old mail is known", async () => {
    await start({ imap: { mailboxes: ["INBOX", "Quiet"] } })
    model.mailboxes.set("Quiet", newMailbox("Quiet"))
    deliver(1)
    deliver(2, {}, "Quiet")
    await world.poll()
    await runOver({ Quiet: later() }, (mailbox) => mailbox === "INBOX")
    await world.clock.advance(hour)
    renumber("Quiet")
    deliver(3, {}, "Quiet")
    await world.pollOut()
    expect((await subjects()).sort()).toEqual(["Mail 1", "Mail 2", "Mail 3"])
    expect(await resets()).toMatchObject([{ matched: 1, skipped: 0, new: 1 }])
  })

  it("A4 a forgotten mail without a Message-ID is told by its age", async () => {
    deliver(1, { raw: mail(1, { messageId: null }) })
    await world.poll()
    await runOver({ INBOX: later() }, () => false)
    await world.clock.advance(hour)
    renumber()
    deliver(2, { raw: mail(2, { messageId: null }) })
    await world.pollOut()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    expect(await resets()).toMatchObject([{ matched: 0, skipped: 1, new: 1 }])
  })

  const start2 = async () => {
    const { imap } = world.account.settings
    if (imap !== null)
      await world.saveAccount({ settings: { ...world.account.settings, imap: { ...imap, history: "all" } } })
    await world.pollOut()
  }
})

describe("A4: a reset that takes long", () => {
  const many = async (count: number) => {
    for (let n = 1; n <= count; n++) deliver(n, n % 3 === 0 ? { raw: mail(1), internalDate: later() } : {})
    await world.pollOut()
    renumber()
    for (let n = 0; n < 5; n++) deliver(count + 1 + n)
  }

  it("A4 goes on where it was cut off by time, gives no known mail away twice, and tells of itself once", async () => {
    await many(1200)
    const before = model.log.length
    model.trouble.onHeaders = () => world.clock.advance(4000)
    expect(await world.poll({ deadline: world.clock.now() + 20_000 })).toMatchObject({ kind: "polled", more: true })
    expect(await resets()).toEqual([])
    let polls = 1
    for (let more = true; more; polls++) {
      const outcome = await world.poll({ deadline: world.clock.now() + 20_000 })
      more = outcome.kind === "polled" && outcome.more
    }
    expect(polls).toBeLessThan(12)
    expect(await subjects()).toHaveLength(1205)
    expect(await resets()).toMatchObject([{ matched: 1200, skipped: 0, new: 5 }])
    const slices = world.writes.filter((id) => id.includes("#remap#"))
    expect(slices.length).toBeGreaterThan(0)
    expect(await world.engine.records.getMany(slices)).toEqual([])
    const asked = model.log.slice(before).filter((line) => line.startsWith("headers"))
    expect(asked.join(",").split(",").length).toBeLessThan(2500)
  })

  it("A4 a process that dies between two slices loses nothing and doubles nothing", async () => {
    await many(700)
    for (let n = 1; n <= 6; n++) {
      await world.poll({ mortality: { n, moment: n % 2 === 0 ? "before" : "after" } }).catch(() => {})
      await world.clock.advance(3 * minute)
    }
    await world.pollOut()
    expect(await subjects()).toHaveLength(705)
    expect(await resets()).toMatchObject([{ matched: 700, new: 5 }])
  })

  it("A4 many new mails between the known ones are all taken", async () => {
    for (let n = 1; n <= 2100; n++) deliver(n, { uid: 4_000_000_000 + n * 2 })
    await world.pollOut()
    const mailbox = box()
    for (let n = 1; n <= 2100; n++) deliver(n + 5000, { uid: 4_000_000_001 + n * 2 })
    mailbox.uidValidity = "2"
    await world.pollOut()
    expect(new Set(await subjects()).size).toBe(4200)
    expect(await subjects()).toHaveLength(4200)
    expect(await resets()).toMatchObject([{ matched: 2100, new: 2100 }])
  }, 60_000)

  it("B4 a header that kills the connection does not stop the matching for ever", async () => {
    deliver(1)
    const broken = deliver(2)
    deliver(3)
    await world.poll()
    renumber()
    broken.headerDrops = true
    deliver(4)
    for (let polls = 0; polls < 5; polls++) {
      await world.poll()
      await world.clock.advance(minute)
    }
    expect(new Set(await subjects())).toEqual(new Set(["Mail 1", "Mail 2", "Mail 3", "Mail 4"]))
    expect(await resets()).toHaveLength(1)
  })

  it("B3 A4 a new mail whose UID is below a matched one is taken at once", async () => {
    const first = deliver(1)
    await world.poll()
    first.uid = 9
    box().uidNext = 10
    renumber()
    deliver(2, { uid: 4 })
    await expect(world.poll({ mortality: { n: 3, moment: "before" } })).rejects.toThrow()
    await world.clock.advance(3 * minute)
    await world.pollOut()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })
})

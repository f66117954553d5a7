import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { createInboundWorld, type InboundWorld, mail } from "../../support/inbound-world.ts"
import { createMailServerModel, type MailServerModel, newMailbox } from "../../support/scripted-mailbox.ts"

const parser = createMimeParser({ maxBytes: 4_000_000, timeoutMs: 10_000, maxHeapMb: 128, workers: 2 })
afterAll(() => parser.close())

let model: MailServerModel
let world: InboundWorld
const later = () => world.clock.now() + 1000
const deliver = (n: number, path: string) => model.deliver(path, { raw: mail(n), internalDate: later() })
const subjects = async () =>
  (await world.events("message.received")).map((event) => (event.data as { subject: string }).subject).sort()
const start = async (mailboxes: string[]) => {
  model = createMailServerModel("imap")
  world = await createInboundWorld(model, parser, { imap: { mailboxes } })
}
const create = (path: string, mailboxId?: string) =>
  model.mailboxes.set(path, { ...newMailbox(path), ...(mailboxId === undefined ? {} : { mailboxId }) })
const rename = (from: string, to: string) => {
  const mailbox = model.mailboxes.get(from)
  if (mailbox === undefined) throw new Error("no such mailbox")
  model.mailboxes.delete(from)
  model.mailboxes.set(to, { ...mailbox, path: to })
}
const choose = async (mailboxes: string[]) => {
  const { imap } = world.account.settings
  if (imap !== null) await world.saveAccount({ settings: { ...world.account.settings, imap: { ...imap, mailboxes } } })
}

beforeEach(() => start(["Work"]))

describe("A8: renamed mailboxes", () => {
  it.each([["Work"], ["*"]])(
    "A8 a mailbox chosen by %j is followed by its MAILBOXID; nothing is read again",
    async (wanted) => {
      await start([wanted])
      model.mailboxes.delete("INBOX")
      create("Work", "F1")
      deliver(1, "Work")
      await world.poll()
      rename("Work", "Projects")
      deliver(2, "Projects")
      model.log.length = 0
      expect(await world.poll()).toMatchObject({ kind: "polled", taken: 1 })
      expect(model.log.filter((line) => /^(fetch|headers)/.test(line))).toEqual(["fetch 2"])
      expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
      model.log.length = 0
      world.writes.length = 0
      await world.poll()
      expect(world.writes).toEqual([])
    },
  )

  it("A8 A2 the old name given to another mailbox, and back, hides no mail", async () => {
    await start(["*"])
    create("Work", "F1")
    deliver(1, "Work")
    await world.poll()
    rename("Work", "Projects")
    await world.poll()
    create("Work", "F2")
    deliver(2, "Work")
    await world.poll()
    model.mailboxes.delete("Work")
    rename("Projects", "Work")
    deliver(3, "Work")
    await world.poll()
    deliver(4, "Work")
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2", "Mail 3", "Mail 4"])
    expect(await world.events("mailbox.reset")).toEqual([])
  })

  it("A8 A4 another UIDVALIDITY after the rename: known mail stays known under its new name", async () => {
    create("Work", "F1")
    deliver(1, "Work")
    await world.poll()
    rename("Work", "Projects")
    await world.poll()
    const mailbox = model.mailboxes.get("Projects")
    if (mailbox !== undefined) mailbox.uidValidity = "2"
    deliver(2, "Projects")
    await world.pollOut()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    expect((await world.events("mailbox.reset")).map((one) => one.data)).toMatchObject([{ matched: 1, new: 1 }])
  })

  it("A8 a rename that was cut off at any write is followed by the next poll", async () => {
    for (let n = 1; n <= 8; n++) {
      for (const moment of ["before", "after"] as const) {
        await start(["Work"])
        create("Work", "F1")
        deliver(1, "Work")
        await world.poll()
        rename("Work", "Projects")
        deliver(2, "Projects")
        await world.poll({ mortality: { n, moment } }).catch(() => {})
        await world.poll()
        expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
      }
    }
  })
})

describe("A6: without MAILBOXID", () => {
  it("A6 a mailbox that was renamed or put in the place of another redelivers nothing", async () => {
    create("Work")
    deliver(1, "Work")
    await world.poll()
    rename("Work", "Projects")
    deliver(2, "Projects")
    await choose(["Projects"])
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })
})

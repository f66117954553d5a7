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
import { createMailServerModel, fault, type MailServerModel, newMailbox } from "../../support/scripted-mailbox.ts"

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

beforeEach(() => start())

describe("polling", () => {
  it("takes each mail once, with its event, and then leaves the server alone", async () => {
    deliver(1)
    deliver(2)
    expect(await world.poll()).toEqual({ kind: "polled", taken: 2, skipped: 0, more: false, busy: false })
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
    world.writes.length = 0
    model.log.length = 0
    expect(await world.poll()).toMatchObject({ kind: "polled", taken: 0 })
    expect({ writes: world.writes, log: model.log }).toEqual({ writes: [], log: ["open", "select INBOX", "end"] })
  })

  it("a mail costs one record, one event, the ledger and the cursor", async () => {
    deliver(1)
    await world.poll()
    deliver(2)
    world.writes.length = 0
    await world.poll()
    expect(world.writes.map((id) => id.split("#")[0]).sort()).toEqual(["box", "evt", "in", "led"])
  })

  it("the event holds the whole message where it is small, else the key of event.json", async () => {
    deliver(1)
    deliver(2, { raw: mail(2, { body: "x".repeat(40_000) }) })
    await world.poll()
    const [small, large] = await world.events("message.received")
    expect(small?.data).toMatchObject({
      subject: "Mail 1",
      text: "Mail 1.\n",
      mailbox: "INBOX",
      uid: 1,
      parse: { status: "ok" },
    })
    expect(large).not.toHaveProperty("data")
    const stored = await world.engine.content.get(large?.dataKey ?? "")
    expect(stored?.size).toBeGreaterThan(40_000)
  })

  it("an account that is gone, or has no intake, is told as gone", async () => {
    await world.saveAccount({ settings: { ...world.account.settings, imap: null } })
    expect(await world.poll()).toEqual({ kind: "gone" })
  })

  it("a fault of the server is an outcome; what was taken before stays taken", async () => {
    model.trouble.open = fault({ class: "auth", stage: "auth" })
    expect(await world.poll()).toMatchObject({ kind: "fault", fault: { class: "auth" } })
    delete model.trouble.open
    deliver(1)
    deliver(2)
    model.trouble.afterFetches = 1
    expect(await world.poll()).toMatchObject({ kind: "fault", taken: 1 })
    delete model.trouble.afterFetches
    expect(await world.poll()).toMatchObject({ kind: "polled", taken: 1 })
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })

  it("a large mailbox proceeds over several polls, the cursor written per batch", async () => {
    for (let n = 1; n <= 250; n++) deliver(n)
    const slow: typeof parser = {
      ...parser,
      async parse(raw) {
        await slowWorld.clock.advance(200)
        return parser.parse(raw)
      },
    }
    const slowWorld = await createInboundWorld(model, slow, { imap: { history: "all" } })
    const first = await slowWorld.poll({ deadline: slowWorld.clock.now() + 20_000 })
    expect(first).toMatchObject({ kind: "polled", taken: 100, more: true })
    await slowWorld.pollOut()
    expect(await slowWorld.events("message.received")).toHaveLength(250)
    expect(model.log.filter((line) => line.startsWith("fetch")).map((line) => line.split(",").length)).toEqual([
      100, 100, 50,
    ])
  })
})

describe("A: identity", () => {
  it("A1 a deleted and re-created account starts clean", async () => {
    deliver(1)
    await world.poll()
    await world.saveAccount({ incarnation: "second", created_at: new Date(world.clock.now()).toISOString() })
    deliver(2)
    await world.poll()
    expect((await world.received()).map((one) => one.summary.subject)).toContain("Mail 2")
  })

  it("A3 A4 another UIDVALIDITY: one mailbox.reset, known mails keep their ids, only new ones are events", async () => {
    for (let n = 1; n <= 5; n++) deliver(n)
    await world.poll()
    const inbox = model.mailboxes.get("INBOX") ?? newMailbox("INBOX")
    inbox.uidValidity = "2"
    inbox.mails = inbox.mails.map((one, index) => ({ ...one, uid: index + 1001 }))
    inbox.uidNext = 1006
    deliver(6)
    expect(await world.pollOut()).toMatchObject({ kind: "polled" })
    expect(await subjects()).toHaveLength(6)
    const resets = await world.events("mailbox.reset")
    expect(resets.map((one) => one.data)).toEqual([
      { account: "ada", mailbox: "INBOX", cause: "uidvalidity_changed", matched: 5, skipped: 0, new: 1 },
    ])
  })

  it("A3 a restored backup (UIDNEXT went back) is a reset: a UID used again is another mail", async () => {
    for (let n = 1; n <= 3; n++) deliver(n)
    await world.poll()
    const inbox = model.mailboxes.get("INBOX") ?? newMailbox("INBOX")
    model.expunge("INBOX", 3)
    inbox.uidNext = 3
    expect(deliver(4).uid).toBe(3)
    inbox.uidNext = 3
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2", "Mail 3", "Mail 4"])
    expect(await world.events("mailbox.reset")).toHaveLength(1)
  })

  it("A3 another server of the account is a reset", async () => {
    deliver(1)
    await world.poll()
    await world.saveAccount({ intakeGeneration: 2 })
    deliver(2)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2", "Mail 1"].sort())
    expect((await world.events("mailbox.reset"))[0]?.data).toMatchObject({
      cause: "server_changed",
      matched: 1,
      new: 1,
    })
  })

  it("A4 unmatched mail older than baseline and ledger is skipped and counted", async () => {
    deliver(1)
    await world.poll()
    const inbox = model.mailboxes.get("INBOX") ?? newMailbox("INBOX")
    inbox.uidValidity = "2"
    deliver(9, { internalDate: createdAt - 100 * day })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1"])
    expect((await world.events("mailbox.reset"))[0]?.data).toMatchObject({ matched: 1, skipped: 1, new: 0 })
  })

  it("A4 a multiset: of two twins after a reset, one is known and one is new", async () => {
    const twin = { raw: mail(1), internalDate: later() }
    model.deliver("INBOX", twin)
    await world.poll()
    const inbox = model.mailboxes.get("INBOX") ?? newMailbox("INBOX")
    inbox.uidValidity = "2"
    model.deliver("INBOX", twin)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 1"])
    expect((await world.events("mailbox.reset"))[0]?.data).toMatchObject({ matched: 1, new: 1 })
  })

  it("A6 equal mails in one mailbox are two; in another mailbox it is a copy, added to the record", async () => {
    await start({ imap: { mailboxes: ["INBOX", "Archive"] } })
    model.mailboxes.set("Archive", newMailbox("Archive"))
    await world.poll()
    const twin = { raw: mail(1), internalDate: later() }
    model.deliver("INBOX", twin)
    model.deliver("INBOX", twin)
    model.deliver("Archive", twin)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 1"])
    expect((await world.received()).map((one) => one.mailboxes)).toContainEqual(["Archive"])
    await world.poll()
    expect(await subjects()).toHaveLength(2)
  })

  it("A6 a mail moved between two polls is no second event", async () => {
    await start({ imap: { mailboxes: ["INBOX", "Archive"] } })
    model.mailboxes.set("Archive", newMailbox("Archive"))
    await world.poll()
    const moved = deliver(1)
    await world.poll()
    model.expunge("INBOX", moved.uid)
    model.deliver("Archive", { raw: moved.raw, internalDate: moved.internalDate ?? 0 })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1"])
  })

  it("A7 a record that is there already still gets its event", async () => {
    deliver(1)
    await world.poll()
    const [event] = await world.events("message.received")
    await world.engine.records.delete(`evt#${event?.id}`)
    await world.engine.records.delete("box#ada#INBOX")
    await world.poll()
    expect((await world.events("message.received")).map((one) => one.id)).toEqual([event?.id])
  })

  it("A9 our own mail in \\Sent is not received mail, elsewhere it is, with sent_by", async () => {
    await start({ imap: { mailboxes: ["INBOX", "Sent"] } })
    model.mailboxes.set("Sent", newMailbox("Sent", "\\Sent"))
    await world.poll()
    const own = (n: number) => mail(n, { headers: ["X-Postrider-Id: out_00000000000000000000000001"] })
    deliver(1, { raw: own(1) }, "Sent")
    deliver(2, { raw: own(2) })
    await world.poll()
    expect((await world.received()).map(({ summary }) => [summary.subject, summary.sent_by])).toEqual([
      ["Mail 2", "out_00000000000000000000000001"],
    ])
  })
})

describe("B: intake over IMAP", () => {
  it("B2 rows below the range asked for are dropped, and a server without UIDNEXT is polled", async () => {
    model.trouble.uidNextUnknown = true
    deliver(1)
    await world.poll()
    await world.poll()
    deliver(2)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })

  it("B3 a mail that becomes visible late, below the highest UID, is taken", async () => {
    const hidden = deliver(1, { hidden: true })
    deliver(2)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2"])
    hidden.hidden = false
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })

  it("B3 EXISTS grew without a new UID: everything is listed, also after the holes were closed", async () => {
    deliver(1)
    const hidden = deliver(2, { hidden: true })
    deliver(3)
    await world.poll()
    for (let days = 0; days < 3; days++) {
      await world.clock.advance(day + minute)
      deliver(10 + days)
      await world.poll()
    }
    hidden.hidden = false
    await world.poll()
    expect(await subjects()).toContain("Mail 2")
  })

  it("B3 once a day everything above the baseline is listed", async () => {
    const hidden = deliver(1, { hidden: true })
    const gone = deliver(2)
    deliver(3)
    await world.poll()
    // Appears while another vanishes: EXISTS and UIDNEXT stay the same.
    hidden.hidden = false
    model.expunge("INBOX", gone.uid)
    await world.poll()
    expect(await subjects()).not.toContain("Mail 1")
    await world.clock.advance(day + minute)
    await world.poll()
    expect(await subjects()).toContain("Mail 1")
  })

  it("B4 listed but not delivered: asked again alone, then later, parked after five tries and an hour with message.skipped", async () => {
    const broken = deliver(1, { trouble: "missing" })
    deliver(2)
    await world.poll()
    expect(model.log.filter((line) => line.startsWith("fetch"))).toEqual(["fetch 1,2", "fetch 1"])
    expect(await subjects()).toEqual(["Mail 2"])
    for (let polls = 0; polls < 70; polls++) {
      await world.clock.advance(minute)
      await world.poll()
    }
    expect(model.log.filter((line) => line === "fetch 1")).toHaveLength(4)
    expect((await world.events("message.skipped")).map((one) => one.data)).toEqual([
      { account: "ada", mailbox: "INBOX", uid: broken.uid, reason: "no row" },
    ])
    model.log.length = 0
    await world.poll()
    expect(model.log).toEqual(["open", "select INBOX", "end"])
  })

  it("B4 a mail that was expunged meanwhile is dropped in silence", async () => {
    const broken = deliver(1, { trouble: "missing" })
    deliver(2)
    const exists = model.expunge.bind(model)
    await world.poll()
    exists("INBOX", broken.uid)
    for (let polls = 0; polls < 70; polls++) {
      await world.clock.advance(minute)
      await world.poll()
    }
    expect(await world.events("message.skipped")).toEqual([])
  })

  it.each(["drops", "breaks"] as const)(
    "B4 a mail at which the connection %s does not block the others",
    async (trouble) => {
      deliver(1, { trouble, raw: mail(1, { body: "y".repeat(70_000) }) })
      deliver(2)
      for (let polls = 0; polls < 90; polls++) {
        await world.poll()
        await world.clock.advance(minute)
      }
      expect(await subjects()).toEqual(["Mail 2"])
      expect(await world.events("message.skipped")).toHaveLength(1)
    },
  )

  it("B5 a mail that kills the poll is named first and parked after three polls", async () => {
    await world.poll()
    const killing = { ...parser, parse: () => Promise.reject(new Error("the process ran out of memory")) }
    deliver(1)
    const dying = { ...world.ports, parser: killing }
    const { pollAccount } = await import("@postrider/core/inbound/poll-account")
    const server = { host: "h", port: 1, security: "tls" as const, tls: {}, credentials: null }
    for (let receives = 1; receives <= 4; receives++) {
      const request = { account: "ada", server, deadline: world.clock.now() + minute, receives }
      await expect(pollAccount(dying, request)).rejects.toThrow("out of memory")
      await world.clock.advance(2 * minute)
    }
    deliver(2)
    await world.poll({ receives: 5 })
    expect(await subjects()).toEqual(["Mail 2"])
    expect(await world.events("message.skipped")).toHaveLength(1)
  })

  it("B6 a mail over the limit: headers alone, parse.status oversize, no raw; also when the server lied about its size", async () => {
    const huge = mail(1, { body: "z".repeat(2_100_000) })
    deliver(1, { raw: huge })
    deliver(2, { raw: mail(2, { body: "z".repeat(2_100_000) }), size: 100 })
    await world.poll()
    const shown = (await world.received()).map(({ summary, rawKey }) => [
      summary.subject,
      summary.parse.status,
      summary.raw_url,
      rawKey,
    ])
    expect(shown).toEqual([
      ["Mail 1", "oversize", null, null],
      ["Mail 2", "oversize", null, null],
    ])
  })

  it("B7 raw is what the server sent, byte for byte, small and large", async () => {
    const small = deliver(1)
    const large = deliver(2, { raw: mail(2, { body: "0123456789\r\n".repeat(120_000) }) })
    await world.poll()
    const received = await world.received()
    for (const [index, sent] of [small, large].entries()) {
      const stored = await world.engine.content.get(received[index]?.rawKey ?? "")
      const chunks: Uint8Array[] = []
      for await (const chunk of stored?.body ?? []) chunks.push(chunk)
      expect(Buffer.concat(chunks).equals(sent.raw)).toBe(true)
    }
  })

  it("B8 received_at is INTERNALDATE, created_at our clock, date the header's", async () => {
    const at = later()
    deliver(1, { internalDate: at, raw: mail(1, { headers: ["Date: Mon, 5 Jan 2015 10:00:00 +0000"] }) })
    await world.poll()
    const [one] = await world.received()
    expect(one?.summary).toMatchObject({
      received_at: new Date(at).toISOString(),
      created_at: new Date(world.clock.now()).toISOString(),
      date: "2015-01-05T10:00:00.000Z",
    })
  })
})

describe("C: history", () => {
  it("C1 new: what came before the account is never fetched, what came after it is", async () => {
    deliver(1, { internalDate: createdAt - 2000 })
    deliver(2, { internalDate: createdAt })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2"])
    expect(model.log.filter((line) => line.startsWith("fetch"))).toEqual(["fetch 2"])
  })

  it("C1 the first session days later delivers what came since, with five minutes for the clocks", async () => {
    deliver(1, { internalDate: createdAt - 6 * minute })
    deliver(2, { internalDate: createdAt - 4 * minute })
    deliver(3, { internalDate: createdAt + hour })
    await world.clock.advance(3 * day)
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2", "Mail 3"])
  })

  it("C1 after the baseline the date of an appended mail decides nothing", async () => {
    await world.poll()
    deliver(1, { internalDate: createdAt - 100 * day })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1"])
  })

  it("C2 a date takes mail from then on; a wider one brings in the older mail, each once", async () => {
    await start({ imap: { history: "2025-12-20T00:00:00Z" } })
    deliver(1, { internalDate: Date.UTC(2025, 11, 1) })
    deliver(2, { internalDate: Date.UTC(2025, 11, 24) })
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2"])
    const { imap } = world.account.settings
    if (imap !== null)
      await world.saveAccount({ settings: { ...world.account.settings, imap: { ...imap, history: "all" } } })
    await world.poll()
    await world.poll()
    expect(await subjects()).toEqual(["Mail 1", "Mail 2"])
  })

  it("C3 a mailbox that appears later is baselined with the account's creation", async () => {
    await start({ imap: { mailboxes: ["INBOX", "Late"] } })
    await world.poll()
    model.mailboxes.set("Late", newMailbox("Late"))
    deliver(1, { internalDate: createdAt - day }, "Late")
    deliver(2, { internalDate: createdAt + hour }, "Late")
    await world.poll()
    expect(await subjects()).toEqual(["Mail 2"])
  })
})

describe("E: what is changed on the server", () => {
  it("E1 nothing by default", async () => {
    deliver(1)
    await world.poll()
    expect(model.log.filter((line) => line.startsWith("change"))).toEqual([])
  })

  it("E1 mark_seen acts on taken mails alone, and a cut-off is made good by the next poll", async () => {
    await start({ imap: { mark_seen: true } })
    const old = deliver(1, { internalDate: createdAt - day })
    const taken = deliver(2)
    const death = world.poll({ mortality: { n: 8, moment: "after" } })
    await expect(death).rejects.toThrow()
    await world.poll()
    expect([...old.flags, ...taken.flags]).toEqual(["\\Seen"])
    model.log.length = 0
    await world.poll()
    expect(model.log).toEqual(["open", "select INBOX", "end"])
  })

  it("E1 E2 delete after_store and move_to", async () => {
    await start({ imap: { delete: "after_store" } })
    deliver(1)
    await world.poll()
    expect(model.mailboxes.get("INBOX")?.mails).toEqual([])
    await start({ imap: { move_to: "Done" } })
    model.mailboxes.set("Done", newMailbox("Done"))
    deliver(1)
    await world.poll()
    expect(model.mailboxes.get("Done")?.mails).toHaveLength(1)
  })

  it("E1 delete after_days removes taken mails of that age once a day, never what was there before us", async () => {
    await start({ imap: { delete: { after_days: 3 } } })
    const old = deliver(1, { internalDate: createdAt - day })
    deliver(2)
    await world.poll()
    for (let days = 0; days < 5; days++) {
      await world.clock.advance(day + minute)
      await world.poll()
    }
    expect(model.mailboxes.get("INBOX")?.mails).toEqual([old])
  })
})

describe("F: leases", () => {
  it("F1 a poll ends at once while another run holds the lease, and works when that is over", async () => {
    await world.poll()
    deliver(1)
    const box = await world.engine.records.get<{ lease: unknown }>("box#ada#INBOX")
    if (box === undefined) throw new Error("no cursor")
    await world.engine.records.put({
      ...box,
      body: { ...box.body, lease: { run: "other", until: world.clock.now() + minute } },
    })
    expect(await world.poll()).toMatchObject({ kind: "polled", taken: 0, busy: true })
    await world.clock.advance(2 * minute)
    expect(await world.poll()).toMatchObject({ kind: "polled", taken: 1, busy: false })
  })
})

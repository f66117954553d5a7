import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, describe, expect, it } from "vitest"
import { createInboundWorld, type InboundWorld, mail, minute } from "../../support/inbound-world.ts"
import { createMailServerModel, type MailServerModel, newMailbox } from "../../support/scripted-mailbox.ts"

const parser = createMimeParser({ maxBytes: 4_000_000, timeoutMs: 10_000, maxHeapMb: 128, workers: 2 })
afterAll(() => parser.close())

type Settings = Parameters<typeof createInboundWorld>[2]

interface Story {
  name: string
  settings: Settings
  /** Brings the server to where the polls begin. */
  prepare(model: MailServerModel, world: InboundWorld): Promise<void>
  /** Events of each type that must be there in the end, each once. */
  expected: Record<string, number>
}

const at = Date.UTC(2026, 0, 1, 1)
const arrive = (model: MailServerModel, numbers: number[], path = "INBOX") => {
  for (const n of numbers) {
    const body = n % 4 === 0 ? "long ".repeat(9000) : `Mail ${n}.`
    model.deliver(path, { raw: mail(n, { at: at + n * 1000, body }), internalDate: at + n * 1000 })
  }
}
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const stories: Story[] = [
  {
    name: "IMAP, the first session",
    settings: { imap: {} },
    prepare: async (model) => arrive(model, numbers(1, 6)),
    expected: { "message.received": 6 },
  },
  {
    name: "IMAP, several mailboxes with a copy, marking as seen",
    settings: { imap: { mailboxes: ["INBOX", "Archive"], mark_seen: true } },
    async prepare(model, world) {
      model.mailboxes.set("Archive", newMailbox("Archive"))
      await world.poll()
      arrive(model, [1, 2, 3])
      arrive(model, [2, 4], "Archive")
    },
    expected: { "message.received": 4 },
  },
  {
    name: "IMAP, a reset with known and new mail",
    settings: { imap: {} },
    async prepare(model, world) {
      arrive(model, numbers(1, 5))
      await world.poll()
      const inbox = model.mailboxes.get("INBOX")
      if (inbox !== undefined) inbox.uidValidity = "2"
      arrive(model, [6, 7])
    },
    expected: { "message.received": 7, "mailbox.reset": 1 },
  },
  {
    name: "IMAP, a mail that is parked",
    settings: { imap: {} },
    async prepare(model, world) {
      model.deliver("INBOX", { raw: mail(1), internalDate: at, trouble: "missing" })
      for (let polls = 0; polls < 59; polls++) {
        await world.poll()
        await world.clock.advance(minute)
      }
      await world.clock.advance(5 * minute)
      arrive(model, [2])
    },
    expected: { "message.received": 1, "message.skipped": 1 },
  },
  {
    name: "POP3, the first session, deleting what is stored",
    settings: { pop3: { delete: "after_store" } },
    prepare: async (model) => arrive(model, numbers(1, 6)),
    expected: { "message.received": 6 },
  },
  {
    name: "POP3, all UIDLs made anew",
    settings: { pop3: {} },
    async prepare(model, world) {
      arrive(model, numbers(1, 12))
      await world.poll()
      for (const one of model.mailboxes.get("INBOX")?.mails ?? []) one.uidl = `other-${one.uid}`
      arrive(model, [13, 14])
    },
    expected: { "message.received": 14, "mailbox.reset": 1 },
  },
]

async function check(story: Story, world: InboundWorld, when: string): Promise<void> {
  const counts: Record<string, number> = {}
  for (const { type } of await world.events()) counts[type] = (counts[type] ?? 0) + 1
  expect(counts, when).toEqual(story.expected)
  const received = await world.received()
  expect(new Set(received.map(({ summary }) => summary.subject)).size, when).toBe(story.expected["message.received"])
  for (const { summary, rawKey, eventKey } of received) {
    expect(await world.engine.content.get(rawKey ?? ""), `${when}: raw of ${summary.subject}`).toBeDefined()
    expect(await world.engine.content.get(eventKey), `${when}: event.json of ${summary.subject}`).toBeDefined()
    const event = world.ports.ids.derive("evt", summary.id, "message.received")
    expect(await world.engine.records.get(`evt#${event}`), `${when}: event of ${summary.subject}`).toBeDefined()
  }
}

describe("two polls at once", () => {
  it.each(stories)("$name: cost work, never an event (mail-rules F1)", async (story) => {
    const model = createMailServerModel("imap" in story.settings ? "imap" : "pop3")
    const world = await createInboundWorld(model, parser, story.settings)
    await story.prepare(model, world)
    await Promise.all([world.poll(), world.poll(), world.poll()])
    await world.clock.advance(3 * minute)
    await world.pollOut()
    await world.pollOut()
    await check(story, world, "two polls")
  })
})

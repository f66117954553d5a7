import type { ImapInput, Pop3Input } from "@postrider/core/account/account-input"
import { putAccount } from "@postrider/core/account/put-account"
import { type InboundRecord, inboundRecordId } from "@postrider/core/inbound/message"
import type { PollAccountsJob } from "@postrider/core/job/job"
import { runJob } from "@postrider/runtime/run-job"
import { expect } from "vitest"
import { mail } from "../../support/inbound-world.ts"
import { ProcessDied } from "../../support/mortal-stores.ts"
import { fault, newMailbox } from "../../support/scripted-mailbox.ts"
import type { Life } from "./life.ts"
import { eventTypes } from "./messages.ts"
import { admin, hour, minute, type Stage } from "./stage.ts"
import type { Protocol } from "./strike-everywhere.ts"

const host = "mail.demo.test"
const job: PollAccountsJob = { type: "poll_accounts.v1", host, accounts: ["ada"] }
const server = { host, username: "ada", password: "secret", poll_seconds: 86_400 }
const start = Date.UTC(2026, 0, 1, 1)

interface Story {
  name: string
  memoryOnly?: string
  intake: { imap: Partial<ImapInput> } | { pop3: Partial<Pop3Input> }
  /** Brings the mail server to where the poll that is struck begins. */
  prepare(stage: Stage, life: Life): Promise<void>
  /** Events of each type in the end, each once. */
  expected: Record<string, number>
}

function arrive(stage: Stage, numbers: number[], path = "INBOX"): void {
  for (const n of numbers) {
    const at = start + n * 1000
    const body = n % 4 === 0 ? "long ".repeat(9000) : `Mail ${n}.`
    stage.mailbox.deliver(path, { raw: mail(n, { at, body }), internalDate: at })
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

async function poll(life: Life, stage: Stage): Promise<void> {
  await life.ports.jobs.send([{ job, group: host }])
  // Some engines bring jobs late.
  await life.work()
  await stage.harness.advance(minute / 2)
  await life.work()
}

const stories: Story[] = [
  {
    name: "IMAP, the first session",
    intake: { imap: {} },
    prepare: async (stage) => arrive(stage, upTo(2)),
    expected: { "message.received": 2 },
  },
  {
    name: "IMAP, several mailboxes with a copy, marking as seen",
    intake: { imap: { mailboxes: ["INBOX", "Archive"], mark_seen: true } },
    async prepare(stage, life) {
      stage.mailbox.mailboxes.set("Archive", newMailbox("Archive"))
      await poll(life, stage)
      arrive(stage, [1, 2])
      arrive(stage, [2, 4], "Archive")
    },
    expected: { "message.received": 3 },
  },
  {
    name: "IMAP, a reset with known and new mail",
    intake: { imap: {} },
    async prepare(stage, life) {
      arrive(stage, upTo(3))
      await poll(life, stage)
      const inbox = stage.mailbox.mailboxes.get("INBOX")
      if (inbox !== undefined) inbox.uidValidity = "2"
      arrive(stage, [5])
    },
    expected: { "message.received": 4, "mailbox.reset": 1 },
  },
  {
    name: "IMAP, a mail that is parked",
    memoryOnly: "sixty polls lead to each of its strikes",
    intake: { imap: {} },
    async prepare(stage, life) {
      stage.mailbox.deliver("INBOX", { raw: mail(1), internalDate: start, trouble: "missing" })
      for (let polls = 0; polls < 59; polls++) {
        await poll(life, stage)
        await stage.harness.advance(minute)
      }
      await stage.harness.advance(5 * minute)
      arrive(stage, [2])
    },
    expected: { "message.received": 1, "message.skipped": 1 },
  },
  {
    name: "POP3, the first session, deleting what is stored",
    intake: { pop3: { delete: "after_store" } },
    prepare: async (stage) => arrive(stage, upTo(2)),
    expected: { "message.received": 2 },
  },
  {
    name: "POP3, all UIDLs made anew",
    intake: { pop3: {} },
    async prepare(stage, life) {
      arrive(stage, upTo(10))
      await poll(life, stage)
      for (const one of stage.mailbox.mailboxes.get("INBOX")?.mails ?? []) one.uidl = `other-${one.uid}`
      arrive(stage, [11])
    },
    expected: { "message.received": 11, "mailbox.reset": 1 },
  },
]

async function prepare(stage: Stage, story: Story): Promise<void> {
  const life = stage.life()
  const intake =
    "imap" in story.intake
      ? { imap: { ...server, ...story.intake.imap } }
      : { pop3: { ...server, ...story.intake.pop3 } }
  await putAccount(life.ports, admin, { id: "ada", input: { email: "ada@demo.test", ...intake }, when: undefined })
  await stage.endpoint("hook")
  await story.prepare(stage, life)
  await stage.harness.advance(5 * minute)
}

async function check(stage: Stage, story: Story): Promise<void> {
  const counts: Record<string, number> = {}
  for (const type of await eventTypes(stage)) counts[type] = (counts[type] ?? 0) + 1
  expect(counts).toEqual(story.expected)
  const ids = [...stage.written].filter((id) => id.startsWith(inboundRecordId("")))
  const records = await stage.engine.records.getMany<InboundRecord>(ids)
  const subjects = records.map(({ body }) => body.summary.subject)
  expect(new Set(subjects).size, "a record for each mail").toBe(story.expected["message.received"])
  for (const { body } of records) {
    expect(await stage.engine.content.get(body.rawKey ?? ""), `raw of ${body.summary.subject}`).toBeDefined()
    expect(await stage.engine.content.get(body.eventKey), `event of ${body.summary.subject}`).toBeDefined()
  }
  // The cursor stands behind all of it: another poll fetches and changes nothing.
  stage.mailbox.log.length = 0
  await poll(stage.life(), stage)
  expect(stage.mailbox.log.filter((line) => /^(fetch|headers|change)/.test(line))).toEqual([])
}

/** Whoever comes later: a lease of the dead runs out first, and a poll may leave work to the next one. */
async function pollOut(life: Life, stage: Stage): Promise<void> {
  for (let polls = 0; polls < 3; polls++) {
    await stage.harness.advance(20 * minute)
    await poll(life, stage)
  }
}

const options = (story: Story) => ({ intake: "imap" in story.intake ? ("imap" as const) : ("pop3" as const) })

const inBatches = stories.map(
  (story): Protocol => ({
    name: `Poll: ${story.name}`,
    options: options(story),
    prepare: (stage) => prepare(stage, story),
    act: poll,
    afterwards: pollOut,
    check: (stage) => check(stage, story),
    ...(story.memoryOnly === undefined ? {} : { memoryOnly: story.memoryOnly }),
    atLeast: 8,
  }),
)

/** As the second receive of a job is run (mail-rules B5). */
const oneByOne = stories
  .slice(0, 1)
  .concat(stories.slice(4, 5))
  .map(
    (story): Protocol => ({
      ...(inBatches[stories.indexOf(story)] as Protocol),
      name: `Poll one mail at a time: ${story.name}`,
      async act(life, stage) {
        await runJob(life.worker, { body: job, receives: 2, deadline: stage.harness.now() + 15 * minute })
        if (life.mortality.dead) throw new ProcessDied()
      },
      repeat: poll,
      memoryOnly: "the same writes as in batches, in another order",
    }),
  )

/** Failures and recoveries of an account, in the order they were told: never two of a kind in a row. */
async function toldOfAccount(stage: Stage): Promise<string[]> {
  const told = (await stage.events()).filter(({ type }) => type.startsWith("account."))
  return told.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)).map(({ type }) => type)
}

const state: Protocol = {
  name: "Poll: an account's failure and recovery are told once each, in turn (F3)",
  async prepare(stage) {
    await prepare(stage, { name: "", intake: { imap: {} }, prepare: async () => undefined, expected: {} })
    await poll(stage.life(), stage)
  },
  async act(life, stage) {
    stage.mailbox.trouble.open = fault({ class: "auth", stage: "auth" })
    for (let polls = 0; polls < 3; polls++) {
      await poll(life, stage)
      await stage.harness.advance(70 * minute)
    }
    delete stage.mailbox.trouble.open
    await poll(life, stage)
  },
  async afterwards(life, stage) {
    delete stage.mailbox.trouble.open
    // Refused credentials rest six hours at most (F3).
    await stage.harness.advance(7 * hour)
    await poll(life, stage)
  },
  async check(stage, { died }) {
    const told = await toldOfAccount(stage)
    expect(told).toEqual(told.map((_, place) => (place % 2 === 0 ? "account.failed" : "account.recovered")))
    expect(told.length % 2, "recovered in the end").toBe(0)
    expect(told.length).toBeGreaterThanOrEqual(2)
    if (!died) expect(told.length).toBeLessThanOrEqual(4)
  },
  atLeast: 12,
}

export const pollProtocols: readonly Protocol[] = [...inBatches, ...oneByOne, state]

import { putAccount } from "@postrider/core/account/put-account"
import { announceEvents } from "@postrider/core/event/announce-events"
import { readFeed } from "@postrider/core/event/read-feed"
import {
  type ListPosition,
  type ListRequest,
  listMessages,
  type MessageFilter,
  type MessagePage,
} from "@postrider/core/outbound/list-messages"
import { dueEntry } from "@postrider/core/record/due-index"
import { expect } from "vitest"
import { received } from "../../usecases/webhook/world.ts"
import { messages, send, withAccount } from "./messages.ts"
import { admin, minute, type Stage } from "./stage.ts"
import type { Protocol } from "./strike-everywhere.ts"

const filter: MessageFilter = {
  direction: null,
  account: null,
  tenant: null,
  status: null,
  kind: null,
  tag: null,
  mailbox: null,
  thread_id: null,
  message_id: null,
  address: null,
  metadata: {},
  since: null,
  until: null,
  test: false,
}

const polls = (stage: Stage) => stage.mailbox.log.filter((line) => line === "open").length

/** All ids of the log, page by page, as a reader of the feed sees them. */
async function readAll(stage: Stage): Promise<string[]> {
  const ids: string[] = []
  const query = { test: false, body: "compact", limit: 2, waitMs: 0 } as const
  let page = await readFeed(stage.life().ports, admin, query)
  for (;;) {
    ids.push(...page.data.map(({ id }) => id))
    if (!page.hasMore) return ids
    page = await readFeed(stage.life().ports, admin, { ...query, after: page.next })
  }
}

async function wait(stage: Stage, n: number): Promise<void> {
  const id = `wait#hook#evt_${n}#2`
  const job = { type: "deliver_event.v1", event: `evt_${n}`, endpoint: "hook", attempt: 2, trigger: "scheduled" }
  const due = dueEntry(stage.harness.now() + 5 * minute, id)
  await stage.engine.records.put({ id, body: { job, group: "hook" }, index: { due } })
}

export const tickProtocols: readonly Protocol[] = [
  {
    name: "Tick: everything due is sent, a dozen waits and a scheduled mail",
    async prepare(stage) {
      await withAccount(stage)
      const life = stage.life()
      await announceEvents(
        life.ports,
        Array.from({ length: 12 }, (_, n) => received(n)),
      )
      await stage.endpoint("hook")
      for (let n = 0; n < 12; n++) await wait(stage, n)
      await send(life, { scheduled_at: new Date(stage.harness.now() + 5 * minute).toISOString() })
      await stage.harness.advance(6 * minute)
    },
    act: (life) => life.tick(),
    async check(stage) {
      const posted = new Set(stage.posted.map(({ id }) => id))
      for (let n = 0; n < 12; n++) expect(posted).toContain(`evt_${n}`)
      expect((await messages(stage)).map(({ status }) => status)).toEqual(["sent"])
      expect(stage.sender.sends).toBe(1)
    },
    atLeast: 10,
  },
  {
    name: "Tick: a planned poll of an interval is not left for the next interval",
    async prepare(stage) {
      const imap = { host: "imap.demo.test", username: "ada", password: "secret", poll_seconds: 600 }
      const life = stage.life()
      await putAccount(life.ports, admin, { id: "ada", input: { email: "ada@demo.test", imap }, when: undefined })
      await life.work()
      // To the edge of its minute, with the ticks of a server on the way.
      await stage.harness.advance(10 * minute)
      await stage.life().tick()
      await stage.life().work()
      stage.mailbox.log.length = 0
      const plan = await stage.engine.records.get<{ phase: number }>("plan#ada")
      await stage.harness.advance((plan?.body.phase ?? 0) * minute + minute / 2)
      await stage.life().work()
    },
    act: (life) => life.tick(),
    async afterwards(life, stage) {
      await stage.harness.advance(5 * minute)
      await life.tick()
      await stage.harness.advance(2 * minute)
      await life.work()
    },
    check: async (stage) => expect(polls(stage)).toBeGreaterThan(0),
    atLeast: 2,
  },
  {
    name: "Feed: every event once written is read, once, in order",
    async act(life, stage) {
      for (let n = 0; n < 5; n++) {
        await announceEvents(life.ports, [received(n), received(n + 10)])
        await stage.harness.advance(40_000)
      }
    },
    async check(stage) {
      await stage.harness.advance(minute)
      const ids = await readAll(stage)
      expect(ids.toSorted()).toEqual((await stage.events()).map(({ id }) => id).sort())
      expect(new Set(ids).size).toBe(10)
    },
    atLeast: 10,
  },
  {
    name: "Lists: every message that was answered with 202 is listed, once",
    prepare: (stage) => withAccount(stage),
    async act(life) {
      for (let n = 0; n < 4; n++) await send(life, { subject: `n${n}` }, `key-${n}`)
    },
    async check(stage) {
      await stage.harness.catchUp()
      const ids: string[] = []
      let position: ListPosition | null = null
      do {
        const request: ListRequest = { filter, limit: 3, position, earliest: "2026-01-01T00:00:00.000Z" }
        const page: MessagePage = await listMessages(stage.life().ports, admin, request)
        ids.push(...page.messages.map(({ id }) => id))
        position = page.next
      } while (position !== null)
      expect(ids.toSorted()).toEqual((await messages(stage)).map(({ id }) => id).sort())
      expect(ids).toHaveLength(4)
    },
    atLeast: 8,
  },
]

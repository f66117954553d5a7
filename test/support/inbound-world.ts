import { type AccountRecord, accountRecordId, type ImapIntake, type Pop3Intake } from "@postrider/core/account/account"
import type { EventRecord } from "@postrider/core/event/event"
import { createEventClock } from "@postrider/core/event/event-clock"
import { type InboundRecord, inboundRecordId } from "@postrider/core/inbound/message"
import { type PollOutcome, type PollRequest, pollAccount } from "@postrider/core/inbound/poll-account"
import type { PollPorts } from "@postrider/core/inbound/poll-context"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { MimeParser } from "@postrider/core/ports/mime"
import type { Engine } from "@postrider/engines/engine"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { createIds } from "@postrider/runtime/ids"
import { createManualClock, type ManualClock } from "./manual-clock.ts"
import { type Mortality, mortalStores } from "./mortal-stores.ts"
import { quietLogger } from "./quiet-logger.ts"
import type { MailServerModel } from "./scripted-mailbox.ts"

export const createdAt: number = Date.UTC(2026, 0, 1)
export const minute = 60_000
export const hour: number = 60 * minute
export const day: number = 24 * hour

const server: MailServer = {
  host: "mail.demo.test",
  port: 993,
  security: "tls",
  tls: {},
  credentials: { kind: "password", username: "ada", password: "secret" },
}

export interface InboundWorld {
  engine: Engine
  clock: ManualClock
  ports: PollPorts
  account: AccountRecord
  /** Ids of records that were written, in the order of their first write. */
  writes: string[]
  saveAccount(change: Partial<AccountRecord>): Promise<void>
  poll(options?: PollOptions): Promise<PollOutcome>
  /** Polls again and again, a minute apart, until nothing is left to do. */
  pollOut(): Promise<PollOutcome>
  events(type?: string): Promise<EventRecord[]>
  received(): Promise<InboundRecord[]>
}

interface PollOptions extends Partial<Pick<PollRequest, "deadline" | "receives" | "asked">> {
  /** Stores that kill the process at a write. */
  mortality?: { n: number; moment: "before" | "after" }
  /** Told of the stores of this poll, to ask whether they died. */
  onMortality?(mortality: Mortality): void
}

/** An account with an intake on a model server, over the memory engine. */
export async function createInboundWorld(
  model: MailServerModel,
  parser: MimeParser,
  settings: { imap: Partial<ImapIntake> } | { pop3: Partial<Pop3Intake> },
): Promise<InboundWorld> {
  const clock = createManualClock(createdAt)
  const bare = createMemoryEngine({ clock })
  const writes: string[] = []
  const engine = watched(bare, writes)
  const ids = createIds({ clock })
  const account = accountWith(settings)
  const limits = {
    maxMessageBytes: 2_000_000,
    keepMessagesMs: null,
    keepEventsMs: 90 * day,
    publicUrl: "https://mail.demo.test",
    tickMs: 1000,
  }
  const portsOver = (stores: Pick<Engine, "content" | "records" | "jobs">): PollPorts => ({
    ...stores,
    reader: model.reader,
    parser,
    clock,
    eventClock: createEventClock(clock, { lagMs: 0 }),
    ids,
    log: quietLogger,
    limits,
  })
  await engine.records.put({ id: accountRecordId(account.id), body: account })
  writes.length = 0

  const world: InboundWorld = {
    engine,
    clock,
    ports: portsOver(engine),
    account,
    writes,
    async saveAccount(change) {
      Object.assign(account, change)
      await engine.records.put({ id: accountRecordId(account.id), body: account })
    },
    async poll({ mortality, onMortality, receives = 1, asked = false, deadline = clock.now() + minute } = {}) {
      const mortal = mortality === undefined ? undefined : mortalStores(engine, mortality)
      if (mortal !== undefined) onMortality?.(mortal)
      const ports = { ...portsOver(mortal?.stores ?? engine), parser: world.ports.parser }
      return pollAccount(ports, { account: account.id, server, deadline, receives, asked })
    },
    async pollOut() {
      for (let polls = 0; polls < 100; polls++) {
        const outcome = await world.poll()
        await clock.advance(minute)
        if (outcome.kind !== "polled" || !outcome.more) return outcome
      }
      throw new Error("the work never ends")
    },
    events: async (type) => {
      const found = await engine.records.getMany<EventRecord>(writes.filter((id) => id.startsWith("evt#")))
      const bodies = found.map(({ body }) => body).filter((event) => type === undefined || event.type === type)
      return bodies.sort((a, b) => (a.sequence < b.sequence ? -1 : 1))
    },
    received: async () => {
      const found = await engine.records.getMany<InboundRecord>(
        writes.filter((id) => id.startsWith(inboundRecordId(""))),
      )
      return found.map(({ body }) => body).sort((a, b) => (a.summary.uid ?? 0) - (b.summary.uid ?? 0))
    },
  }
  return world
}

/** Remembers which records were written. */
function watched(engine: Engine, writes: string[]): Engine {
  return {
    ...engine,
    records: {
      ...engine.records,
      async put(record, when) {
        const put = await engine.records.put(record, when)
        if (put.won && !writes.includes(record.id)) writes.push(record.id)
        return put
      },
    },
  }
}

function accountWith(given: { imap: Partial<ImapIntake> } | { pop3: Partial<Pop3Intake> }): AccountRecord {
  const intake: Pop3Intake = {
    host: "mail.demo.test",
    port: 993,
    security: "tls",
    username: "ada",
    poll_seconds: 60,
    poll_max_seconds: null,
    history: "new",
    delete: "never",
  }
  const imapOnly = { mailboxes: ["INBOX"], watch: [], mark_seen: false, move_to: null }
  return {
    id: "ada",
    incarnation: "first",
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(createdAt).toISOString(),
    settings: {
      email: "ada@demo.test",
      name: null,
      tenant: null,
      smtp: [],
      imap: "imap" in given ? { ...intake, ...imapOnly, ...given.imap } : null,
      pop3: "pop3" in given ? { ...intake, ...given.pop3 } : null,
      dkim: null,
      domain_limits: {},
      senders: [],
      return_path: null,
      verp: false,
      sent_copy: "auto",
      authserv_ids: ["mx.demo.test"],
      metadata: {},
    },
    secrets: {},
    revision: 1,
    intakeGeneration: 1,
    status: {},
    last_poll_at: null,
  }
}

/** A small mail; `n` makes it another one. */
export function mail(
  n: number,
  given: { headers?: string[]; body?: string; messageId?: string | null; at?: number } = {},
): Buffer {
  const { headers = [], body = `Mail ${n}.`, messageId = `<${n}@peer.test>`, at } = given
  const received = at === undefined ? [] : [`Received: from a by mx.demo.test; ${new Date(at).toUTCString()}`]
  return Buffer.from(
    [
      ...received,
      "From: Bob <bob@peer.test>",
      "To: ada@demo.test",
      `Subject: Mail ${n}`,
      ...(messageId === null ? [] : [`Message-ID: ${messageId}`]),
      ...headers,
      "",
      body,
      "",
    ].join("\r\n"),
  )
}

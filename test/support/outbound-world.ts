import { type AccountRecord, accountRecordId } from "@postrider/core/account/account"
import { createEventClock } from "@postrider/core/event/event-clock"
import { parseJob } from "@postrider/core/job/parse-job"
import type { Actor } from "@postrider/core/key/key"
import { deliverMessage } from "@postrider/core/outbound/deliver-message"
import type { SendMessageInput } from "@postrider/core/outbound/send-input"
import { type Sent, sendMessage } from "@postrider/core/outbound/send-message"
import { wakeAccount } from "@postrider/core/outbound/wake-account"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ports } from "@postrider/core/ports/ports"
import type { Engine } from "@postrider/engines/engine"
import { createMimeComposer } from "@postrider/mail/mime/compose"
import { createMimeParser } from "@postrider/mail/mime/parse"
import { createIds } from "@postrider/runtime/ids"
import { createSecretBox } from "@postrider/runtime/secret-box"
import { newTickMemory, tick } from "@postrider/runtime/tick"
import { type Mortality, mortalStores } from "./mortal-stores.ts"
import type { PostboxSender } from "./postbox-sender.ts"
import { quietLogger } from "./quiet-logger.ts"

export const operator: Actor = {
  keyId: "operator",
  settings: {
    name: "operator",
    scopes: ["*"],
    accounts: null,
    tenants: null,
    test: false,
    hold: false,
    allow_recipients: null,
    allow_ips: null,
    rate: null,
    expires_at: null,
  },
}

/** A request as the API hands it over, with everything left out but what a test names. */
export function sendInput(given: Partial<SendMessageInput> = {}): SendMessageInput {
  return {
    account: "ada",
    from: null,
    to: [{ name: null, address: "bob@demo.test" }],
    cc: [],
    bcc: [],
    reply_to: [],
    subject: "Hello",
    text: "Hello Bob.",
    html: null,
    headers: [],
    attachments: [],
    tags: [],
    metadata: {},
    message_id: null,
    envelope: null,
    automatic: null,
    priority: null,
    delivery: "at_least_once",
    route: null,
    scheduled_at: null,
    expires_at: null,
    hold: false,
    test: false,
    raw: null,
    ...given,
  }
}

export function accountRecord(given: Partial<AccountRecord["settings"]> = {}): AccountRecord {
  return {
    id: "ada",
    incarnation: "incarnation",
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
    settings: {
      email: "ada@demo.test",
      name: "Ada",
      tenant: null,
      smtp: [
        { name: "main", host: "smtp.demo.test", port: 587, security: "starttls", priority: 0, weight: 1, limits: {} },
      ],
      imap: null,
      pop3: null,
      dkim: null,
      domain_limits: {},
      senders: [],
      return_path: null,
      verp: false,
      sent_copy: "never",
      authserv_ids: [],
      metadata: {},
      ...given,
    },
    secrets: {},
    revision: 1,
    intakeGeneration: 1,
    status: {},
    last_poll_at: null,
  }
}

type Death = { n: number; moment: "before" | "after" }

/** One life of a process over an engine: it may die at a call, and another life begins over what is left. */
export interface Life {
  ports: Omit<Ports, "webhooks" | "vet" | "reader" | "probe">
  mortality: Mortality
  send(input?: Partial<SendMessageInput>, idempotencyKey?: string | null): Promise<Sent>
  /** Runs outbound jobs whose time has come until there are none; answers how many ran. */
  drain(): Promise<number>
  tick(): Promise<void>
}

export interface LifeOptions {
  engine: Engine
  clock: Clock
  sender: PostboxSender
  death?: Death
  soleOwner?: boolean
}

let lives = 0

export function startLife({ engine, clock, sender, death, soleOwner = true }: LifeOptions): Life {
  const mortality = mortalStores(engine, death ?? { n: 0, moment: "before" })
  const ids = createIds({ clock })
  const processId = `process${++lives}`
  const memory = newTickMemory()
  const ports: Life["ports"] = {
    ...mortality.stores,
    sender,
    composer: createMimeComposer(),
    // Its thread starts with the first whole mail, and here only headers are read.
    parser: createMimeParser({ maxBytes: 64 * 1024 * 1024, timeoutMs: 20_000, maxHeapMb: 64, workers: 1 }),
    clock,
    eventClock: createEventClock(clock, { lagMs: 0 }),
    ids,
    secrets: createSecretBox([new Uint8Array(32)]),
    log: quietLogger,
    limits: {
      maxMessageBytes: 64 * 1024 * 1024,
      keepMessagesMs: null,
      keepEventsMs: 30 * 86_400_000,
      publicUrl: "http://127.0.0.1:3025",
      tickMs: 1000,
    },
  }

  async function runOne(): Promise<boolean> {
    const options = { max: 1, waitMs: 0, visibilityMs: 16 * 60_000, maxReceives: 20 }
    const [received] = await engine.source.receive("outbound", options)
    if (received === undefined) return false
    const job = parseJob(received.body)
    if (job?.type === "wake_account.v1") {
      await received.settle(await wakeAccount(ports, job))
      return true
    }
    if (job?.type !== "deliver_message.v1") throw new Error("no outbound job")
    const disposition = await deliverMessage({ ...ports, reader: noReader }, job, {
      receives: received.receives,
      run: `${processId}.${ids.token(6)}`,
      soleOwner,
      deadline: clock.now() + 15 * 60_000,
      place: async () => () => undefined,
    })
    await received.settle(disposition)
    return true
  }

  return {
    ports,
    mortality,
    send: (input, idempotencyKey = null) => sendMessage(ports, operator, { input: sendInput(input), idempotencyKey }),
    async drain() {
      let ran = 0
      while (await runOne()) ran++
      return ran
    },
    tick: async () => void (await tick(ports, memory)),
  }
}

const noReader: Ports["reader"] = {
  open: () => Promise.reject(new Error("this account has no intake")),
}

/** Puts the account `ada` into a fresh engine. */
export async function settle(engine: Engine, settings: Partial<AccountRecord["settings"]> = {}): Promise<void> {
  await engine.records.put<AccountRecord>({ id: accountRecordId("ada"), body: accountRecord(settings) })
}

import type { NewEvent } from "@postrider/core/event/event"
import { createEventClock } from "@postrider/core/event/event-clock"
import { parseJob } from "@postrider/core/job/parse-job"
import type { Actor } from "@postrider/core/key/key"
import { createDialGuard } from "@postrider/core/network/dial-guard"
import type { WebhookOutcome, WebhookRequest } from "@postrider/core/ports/webhook-sender"
import { dueMinute } from "@postrider/core/record/due-index"
import type { WaitRecord } from "@postrider/core/webhook/bring-back"
import { createEndpoint, type EndpointPorts } from "@postrider/core/webhook/create-endpoint"
import { type DeliverEventPorts, deliverEvent } from "@postrider/core/webhook/deliver-event"
import { type EndpointRecord, type EndpointSettings, endpointRecordId } from "@postrider/core/webhook/endpoint"
import { endpointDefaults } from "@postrider/core/webhook/endpoint-input"
import { createInFlight } from "@postrider/core/webhook/in-flight"
import type { Engine } from "@postrider/engines/engine"
import { createRandom, type Disorder } from "@postrider/engines/memory/disorder"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { createIds } from "@postrider/runtime/ids"
import { createSecretBox } from "@postrider/runtime/secret-box"
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts"
import { quietLogger } from "../../support/quiet-logger.ts"
import { createFaults } from "./faults.ts"

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export const admin: Actor = {
  keyId: "admin",
  settings: {
    name: "admin",
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

export function answered(status: number, retryAfterMs: number | null = null): WebhookOutcome {
  return { kind: "answered", status, retryAfterMs, location: null, response: "", durationMs: 5 }
}

export interface Posted {
  request: WebhookRequest
  body: string
  at: number
}

export interface WorldOptions {
  disorder?: Disorder
  lagMs?: number
  /** What receivers answer; 200 by default. */
  answer?: (posted: Posted) => WebhookOutcome | Promise<WebhookOutcome>
}

/** The use cases over the memory engine, with receivers in place of the network, a consumer and a tick. */
export function createWorld(options: WorldOptions = {}) {
  const clock = createManualClock()
  const faults = createFaults()
  const engine = createMemoryEngine({
    clock,
    ...(options.disorder === undefined ? {} : { disorder: options.disorder }),
  })
  const posted: Posted[] = []
  const world = { answer: options.answer ?? (() => answered(200)) }
  const next = createRandom(1)
  const random = (size: number) => Uint8Array.from({ length: size }, () => Math.floor(next() * 256))
  const webhooks = {
    async post(request: WebhookRequest): Promise<WebhookOutcome> {
      const one = { request, body: new TextDecoder().decode(request.body), at: clock.now() }
      posted.push(one)
      return world.answer(one)
    },
    close: async () => undefined,
  }
  const ports = {
    records: faults.wrap(engine.records),
    jobs: faults.wrap(engine.jobs),
    content: faults.wrap(engine.content),
    webhooks: faults.wrap(webhooks),
    vet: createDialGuard({
      resolver: {
        resolve: async (host) => [
          { address: host.startsWith("inside") ? "10.0.0.1" : "93.184.216.34", family: 4 as const },
        ],
      },
      allowNetworks: [],
      allowPorts: [],
      webhookPorts: [443],
    }),
    clock,
    eventClock: createEventClock(clock, { lagMs: options.lagMs ?? 0 }),
    ids: createIds({ clock, random }),
    secrets: createSecretBox([new Uint8Array(32).fill(7)]),
    log: quietLogger,
    limits: {
      maxMessageBytes: 1_000_000,
      keepMessagesMs: null,
      keepEventsMs: 30 * day,
      publicUrl: "https://relay.test",
      tickMs: minute,
    },
    inFlight: createInFlight(),
  }
  return { clock, engine, faults, ports, posted, world, ...verbs({ clock, engine, ports }) }
}

interface Parts {
  clock: ManualClock
  engine: Engine
  ports: DeliverEventPorts & EndpointPorts
}

function verbs({ clock, engine, ports }: Parts) {
  let ticked = clock.now()

  async function endpoint(id: string, changes: Partial<EndpointSettings> = {}): Promise<EndpointRecord> {
    const settings = { ...endpointDefaults, url: `https://${id}.test/hook`, types: ["*"], ...changes }
    const { record } = await createEndpoint(ports, admin, { id, settings, verify: false })
    return record
  }

  /** Runs every job whose time has come, until none is left. A run that throws leaves its job to come back. */
  async function work(): Promise<number> {
    let thrown = 0
    for (;;) {
      const taken = await engine.source.receive("webhook", { max: 10, waitMs: 0, visibilityMs: minute, maxReceives: 5 })
      if (taken.length === 0) return thrown
      for (const received of taken) {
        const job = parseJob(received.body)
        if (job?.type !== "deliver_event.v1") throw new Error("no webhook job")
        try {
          await received.settle(await deliverEvent(ports, job, { receives: received.receives }))
        } catch {
          thrown++
          await received.settle({ kind: "retry", delayMs: 0 })
        }
      }
    }
  }

  /** Sends the jobs of waits that are due, as the tick does. */
  async function tick(): Promise<void> {
    for (; ticked <= clock.now(); ticked += minute) {
      const part = dueMinute(ticked)
      const to = new Date(clock.now() + 1).toISOString()
      const { records } = await engine.records.query<WaitRecord>("due", part, { to, limit: 1_000, order: "asc" })
      if (records.length === 0) continue
      await engine.jobs.send(records.map(({ body }) => body))
      for (const { id, v } of records) await engine.records.delete(id, { version: v })
    }
    ticked = Math.max(clock.now() - minute, 0)
  }

  /** Lets time pass in steps, working and ticking at each. */
  async function pass(ms: number, stepMs: number = minute): Promise<void> {
    const end = clock.now() + ms
    while (clock.now() < end) {
      await clock.advance(Math.min(stepMs, end - clock.now()))
      await tick()
      await work()
    }
  }

  async function stored(id: string): Promise<EndpointRecord> {
    const record = await engine.records.get<EndpointRecord>(endpointRecordId(id))
    if (record === undefined) throw new Error(`no endpoint ${id}`)
    return record.body
  }

  return { endpoint, work, tick, pass, stored }
}

export function received(n: number | string, changes: Partial<NewEvent> = {}): NewEvent {
  return {
    id: `evt_${n}`,
    type: "message.received",
    account: "acme",
    tenant: null,
    test: false,
    sequence: String(n),
    mailbox: "INBOX",
    data: { id: `in_${n}`, text: `mail ${n}` },
    ...changes,
  }
}

import type { EventRecord } from "@postrider/core/event/event"
import type { Actor } from "@postrider/core/key/key"
import type { WebhookOutcome } from "@postrider/core/ports/webhook-sender"
import { createEndpoint } from "@postrider/core/webhook/create-endpoint"
import type { EndpointSettings } from "@postrider/core/webhook/endpoint"
import { endpointDefaults } from "@postrider/core/webhook/endpoint-input"
import type { Engine } from "@postrider/engines/engine"
import type { Strike } from "../../support/mortal-stores.ts"
import { createPostboxSender } from "../../support/postbox-sender.ts"
import { createMailServerModel } from "../../support/scripted-mailbox.ts"
import type { EngineHarness } from "../engine-contract.ts"
import { type Life, startLife } from "./life.ts"
import type { World } from "./world.ts"

export const minute = 60_000
export const hour: number = 60 * minute

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

/** What outlives a process, and what the stories do with it. */
export interface Stage extends World {
  /** Ids of records in the order of their first write. */
  written: Set<string>
  /** Begins a life over what is left of the one before. */
  life(strike?: Strike): Life
  events(type?: string): Promise<EventRecord[]>
  /** Makes an endpoint, `https://<id>.test/`, in a life of its own. */
  endpoint(id: string, changes?: Partial<EndpointSettings>): Promise<void>
}

export interface StageOptions {
  soleOwner?: boolean
  intake?: "imap" | "pop3"
}

export function answered(status: number): WebhookOutcome {
  return { kind: "answered", status, retryAfterMs: null, location: null, response: "", durationMs: 5 }
}

export function createStage(harness: EngineHarness, options: StageOptions = {}): Stage {
  const written = new Set<string>()
  const engine = watched(harness.engine, written)
  const stage: Stage = {
    harness,
    engine,
    soleOwner: options.soleOwner ?? true,
    sender: createPostboxSender(),
    mailbox: createMailServerModel(options.intake ?? "imap"),
    posted: [],
    receive: () => answered(200),
    written,
    life: (strike = { n: 0, moment: "before" }) => startLife(stage, strike),
    async events(type) {
      const ids = [...written].filter((id) => id.startsWith("evt#"))
      const found = await engine.records.getMany<EventRecord>(ids)
      return found.map(({ body }) => body).filter((event) => type === undefined || event.type === type)
    },
    async endpoint(id, changes = {}) {
      const settings = { ...endpointDefaults, url: `https://${id}.test/`, types: ["*"], ...changes }
      await createEndpoint(stage.life().ports, admin, { id, settings, verify: false })
    },
  }
  return stage
}

/** Remembers which records were written, so that checks can look at all of them. */
function watched(engine: Engine, written: Set<string>): Engine {
  const { records } = engine
  return {
    ...engine,
    records: {
      ...records,
      async put(record, when) {
        const put = await records.put(record, when)
        if (put.won) written.add(record.id)
        return put
      },
    },
  }
}

import { createApi } from "@postrider/api/app"
import type { Api, ApiDeps } from "@postrider/api/env"
import { createEventClock } from "@postrider/core/event/event-clock"
import type { KeySettings } from "@postrider/core/key/key"
import type { Ports } from "@postrider/core/ports/ports"
import type { Engine } from "@postrider/engines/engine"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { createMimeComposer } from "@postrider/mail/mime/compose"
import { createSecretBox } from "@postrider/runtime/secret-box"
import { createManualClock, type ManualClock } from "./manual-clock.ts"
import { createPostboxSender, type PostboxSender } from "./postbox-sender.ts"
import { quietLogger } from "./quiet-logger.ts"
import { createSeededIds } from "./seeded-ids.ts"
import { unusedPort } from "./unused-port.ts"

export const adminKey = "admin-key-of-the-tests-0123456789abcdef"
export const publicUrl = "https://relay.test"

export interface TestAnswer<T = Record<string, never>> {
  status: number
  headers: Headers
  /** Parsed, or undefined where the body is not JSON. */
  body: T
  text: string
}

export interface TestRequest {
  key?: string | null
  json?: unknown
  /** Sent as it is. */
  text?: string | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
}

export interface TestApp {
  app: Api
  ports: Ports
  engine: Engine
  clock: ManualClock
  sender: PostboxSender
  /** By the admin key, unless `key` says another (null: none). */
  request<T = Shape>(method: string, path: string, request?: TestRequest): Promise<TestAnswer<T>>
  /** Makes a key and answers its text. */
  key(settings: Partial<KeySettings>): Promise<string>
}

/** What an answer's body is taken for where the test does not say. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON, and expect() checks what it is
export type Shape = any

/** The whole API over the memory engine: a clock that stands still, ids from a seed, nothing that reaches the network. */
export function createTestApp(overrides: Partial<Ports> = {}, deps: Partial<ApiDeps> = {}): TestApp {
  const clock = createManualClock()
  const engine = createMemoryEngine({ clock })
  const sender = createPostboxSender()
  const ids = createSeededIds(clock)
  const ports: Ports = {
    content: engine.content,
    records: engine.records,
    jobs: engine.jobs,
    sender,
    reader: unusedPort("reader"),
    probe: unusedPort("probe"),
    composer: createMimeComposer(),
    parser: unusedPort("parser"),
    webhooks: unusedPort("webhooks"),
    vet: () => Promise.reject(new Error("the test does not expect a connection")),
    clock,
    eventClock: createEventClock(clock, { lagMs: 0 }),
    ids,
    secrets: createSecretBox([new Uint8Array(32).fill(7)]),
    log: quietLogger,
    limits: {
      maxMessageBytes: 1024 * 1024,
      keepMessagesMs: null,
      keepEventsMs: 30 * 86_400_000,
      publicUrl,
      tickMs: 1000,
    },
    ...overrides,
  }
  const app = createApi({
    ports,
    limits: { maxJsonBytes: 256 * 1024 },
    adminKeyHashes: [ids.digest(adminKey)],
    ready: async () => ({ ok: true, checks: { store: { ok: true } } }),
    createdAt: new Date(clock.now()).toISOString(),
    version: "0.0.0-test",
    ...deps,
  })
  const request: TestApp["request"] = async (method, path, options = {}) => {
    const response = await app.request(path, toInit(method, options))
    const text = await response.text()
    const isJson = /json/.test(response.headers.get("content-type") ?? "")
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : undefined,
    }
  }
  return { app, ports, engine, clock, sender, request, key: (settings) => makeKey(request, settings) }
}

function toInit(method: string, { key = adminKey, json, text, headers = {} }: TestRequest): RequestInit {
  const body = text ?? (json === undefined ? undefined : JSON.stringify(json))
  return {
    method,
    headers: {
      ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
      ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  }
}

async function makeKey(request: TestApp["request"], settings: Partial<KeySettings>): Promise<string> {
  const json = { name: "a key of the tests", scopes: ["*"], ...settings }
  const made = await request("POST", "/v1/keys", { json })
  if (made.status !== 201) throw new Error(`the key was not made: ${made.text}`)
  return made.body.key
}

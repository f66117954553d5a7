import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { Logger } from "@postrider/core/ports/logger"
import { readConfig } from "@postrider/runtime/config/config"
import type { Env } from "@postrider/runtime/config/env"
import { readSecrets } from "@postrider/runtime/config/secrets"
import { startServer } from "@postrider/server/start-server"
import { quietLogger } from "./quiet-logger.ts"

const adminKey = "test-key-with-more-than-32-characters"

export interface Answer<T> {
  status: number
  headers: Headers
  body: T
}

export interface CallOptions {
  json?: unknown
  /** Sent as it is, as application/json unless the headers say otherwise. */
  text?: string | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
}

export interface ReceivedEvent {
  id: string
  type: string
  account: string
  data: Shape
}

export interface RunningRelay {
  url: string
  /** By the admin key. `raw` paths answer octets through `octets`. */
  call<T = Shape>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>
  octets(path: string): Promise<Buffer>
  /** All events of an account, oldest first. */
  events(account: string): Promise<ReceivedEvent[]>
  /** Errors that were logged: crashes of jobs and workers. */
  errors: string[]
  stop(): Promise<void>
}

/** What an answer's body is taken for where the test does not say. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON, and expect() checks what it is
export type Shape = any

/** The whole server in this process, listening on the loopback, over a store of its own. */
export async function startRelay(env: Env = {}): Promise<RunningRelay> {
  const dir = await mkdtemp(join(tmpdir(), "postrider-test-"))
  const settings: Env = {
    POSTRIDER_PORT: "0",
    POSTRIDER_DATA_DIR: dir,
    POSTRIDER_ADMIN_KEY: adminKey,
    POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
    ...env,
  }
  const { config, problems } = readConfig(settings)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const errors: string[] = []
  const startedAt = new Date().toISOString()
  const log: Logger = {
    ...quietLogger,
    error: (event, fields, error) =>
      void errors.push(`${event} ${JSON.stringify(fields)} ${error instanceof Error ? error.stack : String(error)}`),
  }
  const server = await startServer({ config, secrets: readSecrets(settings, config).secrets, log })
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${adminKey}`, ...init.headers },
      signal: AbortSignal.timeout(30_000),
    })
  const call: RunningRelay["call"] = async (method, path, { json, text, headers = {} } = {}) => {
    const body = text ?? (json === undefined ? undefined : JSON.stringify(json))
    const type: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" }
    const response = await ask(path, {
      method,
      headers: { ...type, ...headers },
      ...(body === undefined ? {} : { body }),
    })
    const answer = await response.text()
    return { status: response.status, headers: response.headers, body: answer === "" ? null : JSON.parse(answer) }
  }
  return {
    url: server.url,
    call,
    errors,
    octets: async (path) => Buffer.from(await (await ask(path)).arrayBuffer()),
    async events(account) {
      const all: ReceivedEvent[] = []
      for (let from = `since=${startedAt}`; ; ) {
        const { body } = await call("GET", `/v1/events?account=${account}&limit=100&${from}`)
        all.push(...body.data)
        if (!body.has_more) return all
        from = `cursor=${body.next_cursor}`
      }
    },
    async stop() {
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const patienceMs = 25_000

/** Asks again until the answer is good; what it was last is in the error. */
export async function until<T>(ask: () => Promise<T> | T, good: (answer: T) => boolean, ms = patienceMs): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const answer = await ask()
    if (good(answer)) return answer
    if (performance.now() > end) throw new Error(`It did not come about: ${JSON.stringify(answer)?.slice(0, 2000)}`)
    await wait(40)
  }
}

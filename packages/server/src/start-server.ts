import { tmpdir } from "node:os"
import { getRequestListener } from "@hono/node-server"
import { getConnInfo } from "@hono/node-server/conninfo"
import { createApi } from "@postrider/api/app"
import type { Readiness } from "@postrider/api/env"
import type { Logger } from "@postrider/core/ports/logger"
import type { Relay } from "@postrider/runtime/assemble-relay"
import { checkStore } from "@postrider/runtime/check-store"
import { compose } from "@postrider/runtime/compose"
import type { Config } from "@postrider/runtime/config/config"
import type { Secrets } from "@postrider/runtime/config/secrets"
import { ensureInstall } from "@postrider/runtime/ensure-install"
import { version } from "@postrider/runtime/version"
import { type Consumer, startConsumer } from "./consumer.ts"
import { closeListener, listen } from "./listener.ts"
import { openSpool } from "./open-spool.ts"
import { startTicker } from "./ticker.ts"

export interface Server {
  url: string
  port: number
  relay: Relay
  /** The admin key, when this start made it; it is shown this once. */
  newKey: string | null
  /** Takes nothing new, lets running work end, closes the stores. Safe to call twice. */
  stop(): Promise<void>
}

export interface ServerOptions {
  config: Config
  secrets: Secrets
  log: Logger
}

/** Running jobs get this long to end; then they are cut off, and their work is found again at the next start. */
const drainMs = 25_000
/** Requests under way get this long. */
const requestMs = 10_000
const minute = 60_000

/** One process: API, consumers of the three queues and the ticker, over one engine. */
export async function startServer({ config, secrets, log }: ServerOptions): Promise<Server> {
  const listener = await listen(config)
  const publicUrl = config.publicUrl ?? listener.url
  let relay: Relay
  let install: Install
  try {
    relay = await compose({ config, secrets, log, publicUrl })
    install = await installOn(relay, secrets)
  } catch (error) {
    await closeListener(listener, 0)
    throw error
  }
  const { newKey, createdAt } = install
  const cutOff = new AbortController()
  const draining = new AbortController()
  const state = { stopping: false }
  const api = createApi({
    ports: relay.ports,
    limits: { maxJsonBytes: Math.ceil(config.maxMessageBytes * 1.4) },
    adminKeyHashes: secrets.adminKeyHash === null ? [] : [secrets.adminKeyHash],
    openSpool: () => openSpool(config.engine.kind === "embedded" ? config.engine.dir : tmpdir()),
    clientAddress: (c) => getConnInfo(c).remote.address ?? null,
    ready: () => readiness(relay, state),
    draining: draining.signal,
    version,
    createdAt,
  })
  const answer = getRequestListener(api.fetch)
  listener.serve((request, response) => void answer(request, response))
  const consumers = startConsumers(relay, cutOff.signal)
  const ticker = startTicker(relay, config.tickMs)
  log.info("started", { url: listener.url, engine: config.engine.kind })

  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    state.stopping = true
    draining.abort(new Error("the process is stopping"))
    log.info("stopping", {})
    const timer = setTimeout(() => cutOff.abort(new Error("the process is stopping")), drainMs)
    // All at once: a slow upload must not keep the consumers taking jobs that are then cut off together.
    await Promise.all([
      closeListener(listener, requestMs),
      ticker.stop(),
      ...consumers.map((consumer) => consumer.stop()),
    ])
    clearTimeout(timer)
    await relay.close()
    log.info("stopped", {})
  }
  return {
    url: listener.url,
    port: listener.port,
    relay,
    newKey,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

type Install = Awaited<ReturnType<typeof ensureInstall>>

async function installOn(relay: Relay, secrets: Secrets): Promise<Install> {
  try {
    return await ensureInstall(relay.ports, { ownKey: secrets.adminKeyHash === null })
  } catch (error) {
    await relay.close()
    throw error
  }
}

function startConsumers(relay: Relay, abort: AbortSignal): Consumer[] {
  const { worker, engine } = relay
  return [
    startConsumer(worker, engine.source, { queue: "outbound", concurrency: 64, runMs: 15 * minute, abort }),
    startConsumer(worker, engine.source, { queue: "poll", concurrency: 16, runMs: 5 * minute, abort }),
    startConsumer(worker, engine.source, { queue: "webhook", concurrency: 64, runMs: 2 * minute, abort }),
  ]
}

async function readiness(relay: Relay, state: { stopping: boolean }): Promise<Readiness> {
  const running = state.stopping ? { ok: false, detail: "stopping" } : { ok: true }
  const store = await checkStore(relay.ports)
  return { ok: running.ok && store.ok, checks: { running, store } }
}

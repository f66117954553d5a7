import type { Clock } from "@postrider/core/ports/clock"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import type { WebhookOutcome, WebhookRequest, WebhookSender } from "@postrider/core/ports/webhook-sender"
import { Agent, request } from "undici"
import { classifyFailure } from "./classify-failure.ts"
import { DialError } from "./dial-error.ts"
import { createDialler } from "./dialler.ts"
import { readAnswer } from "./read-answer.ts"
import { retryAfterMs } from "./retry-after.ts"
import { signContent } from "./sign.ts"

export interface WebhookSenderOptions {
  vet: VetAddress
  clock: Pick<Clock, "now">
  /** Name, addresses, TCP and TLS together; 5 s. */
  connectTimeoutMs?: number
  /** PEM certificates trusted in place of the system's. */
  ca?: string
}

/** Connections to one origin at a time. */
const maxConnections = 64
/** Below the 30 s and more after which servers close idle connections. */
const idleMs = 10_000
const maxIdleMs = 20_000

/**
 * Posts signed webhooks (Standard Webhooks 1.0). Follows no redirect, inflates nothing, reads at most 64 KiB of the answer and dials
 * vetted addresses alone. Never throws for what a peer does.
 */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { vet, clock, connectTimeoutMs = 5_000, ca } = options
  const agent = new Agent({
    connect: createDialler({ vet, connectTimeoutMs, ca }),
    connections: maxConnections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: maxIdleMs,
  })
  return {
    post: (asked) => post({ agent, clock }, asked),
    close: () => agent.destroy(),
  }
}

async function post({ agent, clock }: { agent: Agent; clock: Pick<Clock, "now"> }, asked: WebhookRequest) {
  const started = clock.now()
  const headers = headersOf(asked, started)
  const limit = deadline(asked)
  const outcome = exchange(agent, { asked, headers, signal: limit.signal, now: started })
  try {
    // undici minds a signal only once the request is on a connection, so the deadline also stands beside it.
    const result = await Promise.race([outcome, limit.passed])
    return { ...result, durationMs: clock.now() - started }
  } catch (error) {
    return { kind: "failed" as const, ...classifyFailure(error), durationMs: clock.now() - started }
  } finally {
    limit.clear()
  }
}

interface Exchange {
  asked: WebhookRequest
  headers: Record<string, string>
  signal: AbortSignal
  now: number
}

type Answered = Omit<Extract<WebhookOutcome, { kind: "answered" }>, "durationMs">

async function exchange(agent: Agent, { asked, headers, signal, now }: Exchange): Promise<Answered> {
  const answer = await request(asked.url, { dispatcher: agent, method: "POST", headers, body: asked.body, signal })
  const status = answer.statusCode
  return {
    kind: "answered",
    status,
    retryAfterMs: retryAfterMs(single(answer.headers["retry-after"]), now),
    location: status >= 300 && status < 400 ? (single(answer.headers.location)?.slice(0, 2048) ?? null) : null,
    response: await readAnswer(answer.body),
  }
}

function headersOf(asked: WebhookRequest, now: number): Record<string, string> {
  const timestamp = Math.floor(now / 1000)
  return {
    ...Object.fromEntries(Object.entries(asked.headers).map(([name, value]) => [name.toLowerCase(), value])),
    "accept-encoding": "identity",
    "content-type": asked.contentType,
    "user-agent": "Postrider-Webhooks/1",
    "webhook-id": asked.id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signContent({ id: asked.id, timestamp, body: asked.body }, asked.secrets),
  }
}

function deadline({ timeoutMs, signal }: Pick<WebhookRequest, "timeoutMs" | "signal">) {
  const controller = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  const end = (cause: unknown) => {
    const error = new DialError("timeout", "The answer did not come in time.", cause)
    controller.abort(error)
    reject(error)
  }
  const onAbort = () => end(signal?.reason)
  const timer = setTimeout(() => end(undefined), timeoutMs)
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener("abort", onAbort, { once: true })
  const clear = () => {
    clearTimeout(timer)
    signal?.removeEventListener("abort", onAbort)
  }
  return { signal: controller.signal, passed: promise, clear }
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

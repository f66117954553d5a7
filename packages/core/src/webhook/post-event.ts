import { RelayError } from "../error/relay-error.ts"
import type { DeliverEventJob } from "../job/job.ts"
import type { Ports } from "../ports/ports.ts"
import type { WebhookOutcome } from "../ports/webhook-sender.ts"
import type { EndpointRecord, WebhookAttempt } from "./endpoint.ts"
import { scheduleStep } from "./schedule.ts"

/** Whole exchange with an endpoint, its answer included. */
const timeoutMs = 15_000

export type PostPorts = Pick<Ports, "webhooks" | "secrets" | "clock">

/** Context under which the secrets of an endpoint are sealed. */
export const secretContext = (endpoint: string): string => `endpoint:${endpoint}`

/** Posts a body to an endpoint, signed with each secret that is valid now. Writes nothing. Secrets that cannot be opened are a failed try. */
export async function postEvent(
  ports: PostPorts,
  endpoint: EndpointRecord,
  job: Pick<DeliverEventJob, "event" | "attempt" | "trigger"> & { body: string },
): Promise<WebhookOutcome> {
  const opened = openSecrets(ports, endpoint)
  if ("kind" in opened) return opened
  return ports.webhooks.post({
    url: endpoint.settings.url,
    id: job.event,
    body: new TextEncoder().encode(job.body),
    contentType: "application/json",
    secrets: opened.secrets,
    headers: {
      ...opened.headers,
      "webhook-attempt": String(scheduleStep(job.attempt)),
      "webhook-trigger": job.trigger,
    },
    timeoutMs,
  })
}

type Opened = { secrets: string[]; headers: Record<string, string> }

function openSecrets(
  { secrets, clock }: PostPorts,
  endpoint: EndpointRecord,
): Opened | Extract<WebhookOutcome, { kind: "failed" }> {
  const now = clock.now()
  const open = (sealed: string): string => secrets.open(sealed, secretContext(endpoint.id))
  try {
    return {
      secrets: endpoint.secrets.filter(({ until }) => until === null || until > now).map(({ sealed }) => open(sealed)),
      headers: Object.fromEntries(Object.entries(endpoint.headers).map(([name, sealed]) => [name, open(sealed)])),
    }
  } catch (error) {
    if (!(error instanceof RelayError)) throw error
    return { kind: "failed", reason: "secret", detail: error.message, durationMs: 0 }
  }
}

/** Only 2xx is success. */
export function isDelivered(outcome: WebhookOutcome): boolean {
  return outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300
}

/** What went wrong, as attempts and endpoints show it; null after a success. */
export function errorOf(outcome: WebhookOutcome): { reason: string; detail: string } | null {
  if (isDelivered(outcome)) return null
  if (outcome.kind === "failed") return { reason: outcome.reason, detail: outcome.detail }
  const host = outcome.location === null ? null : URL.parse(outcome.location)?.host
  const redirect = host === undefined || host === null ? "" : ` It redirects to ${host}; redirects are not followed.`
  return { reason: "status", detail: `The endpoint answered ${outcome.status}.${redirect}` }
}

/** The record of a try. */
export function attemptOf(
  job: Pick<DeliverEventJob, "event" | "endpoint" | "attempt" | "trigger">,
  outcome: WebhookOutcome,
  times: { at: number; next: number | null },
): WebhookAttempt {
  return {
    event: job.event,
    endpoint: job.endpoint,
    attempt: job.attempt,
    trigger: job.trigger,
    at: new Date(times.at).toISOString(),
    outcome: isDelivered(outcome) ? "delivered" : "failed",
    status: outcome.kind === "answered" ? outcome.status : null,
    error: errorOf(outcome)?.detail ?? null,
    response: outcome.kind === "answered" ? outcome.response : null,
    duration_ms: Math.round(outcome.durationMs),
    next_attempt_at: times.next === null ? null : new Date(times.next).toISOString(),
  }
}

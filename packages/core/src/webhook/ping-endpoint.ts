import { RelayError } from "../error/relay-error.ts"
import type { EventRecord } from "../event/event.ts"
import { renderEvent } from "../event/render-event.ts"
import type { Ports } from "../ports/ports.ts"
import type { EndpointRecord, WebhookAttempt } from "./endpoint.ts"
import { attemptOf, type PostPorts, postEvent } from "./post-event.ts"

/** Posts one `webhook.ping` by the way every event goes and answers the try. Not in the log, never tried again, writes nothing. */
export async function sendPing(
  ports: PostPorts & Pick<Ports, "ids">,
  endpoint: EndpointRecord,
): Promise<WebhookAttempt> {
  const at = ports.clock.now()
  const timestamp = new Date(at).toISOString()
  const event: EventRecord = {
    id: ports.ids.random("evt"),
    type: "webhook.ping",
    account: null,
    tenant: null,
    test: endpoint.settings.test,
    sequence: timestamp,
    timestamp,
  }
  const job = { event: event.id, endpoint: endpoint.id, attempt: 1, trigger: "test" as const }
  const body = JSON.stringify(renderEvent(event, {}, endpoint.settings.body))
  const outcome = await postEvent(ports, endpoint, { ...job, body })
  return attemptOf(job, outcome, { at, next: null })
}

/** @throws RelayError `verification_failed` with the attempt when the endpoint does not answer a ping with 2xx. */
export async function pingEndpoint(ports: PostPorts & Pick<Ports, "ids">, endpoint: EndpointRecord): Promise<void> {
  const attempt = await sendPing(ports, endpoint)
  if (attempt.outcome === "delivered") return
  throw new RelayError("verification_failed", `The endpoint did not take a ping. ${attempt.error ?? ""}`.trim(), {
    extra: { attempt },
  })
}

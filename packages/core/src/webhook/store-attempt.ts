import type { Ports } from "../ports/ports.ts"
import { attemptRecordId, type WebhookAttempt } from "./endpoint.ts"
import { attemptPart } from "./endpoint-index.ts"

/** Writes the record of a try, listed under its endpoint, for as long as events are kept. */
export async function storeAttempt(ports: Pick<Ports, "records" | "limits">, attempt: WebhookAttempt): Promise<void> {
  const { event, endpoint, attempt: number, at } = attempt
  const id = attemptRecordId(event, endpoint, number)
  await ports.records.put<WebhookAttempt>({
    id,
    body: attempt,
    index: { owner: { part: attemptPart(endpoint), sort: `${at}#${id}` } },
    expiresAt: Date.parse(at) + ports.limits.keepEventsMs,
  })
}

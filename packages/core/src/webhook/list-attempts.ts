import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { WebhookAttempt } from "./endpoint.ts"
import { attemptPart } from "./endpoint-index.ts"
import { findEndpoint } from "./get-endpoint.ts"

export interface AttemptFilter {
  outcome?: "delivered" | "failed"
  /** Milliseconds; inclusive and exclusive. */
  since?: number
  until?: number
}

/** A page of the tries of an endpoint, newest first; it may be short. @throws RelayError `not_found`. */
export async function listAttempts(
  ports: Pick<Ports, "records">,
  actor: Actor,
  query: { id: string; limit: number; after?: string } & AttemptFilter,
): Promise<{ data: WebhookAttempt[]; next?: string }> {
  const { id, limit, after, outcome, since, until } = query
  await findEndpoint(ports, actor, id)
  const { records, next } = await ports.records.query<WebhookAttempt>("owner", attemptPart(id), {
    limit,
    order: "desc",
    ...(after === undefined ? {} : { after }),
    ...(since === undefined ? {} : { from: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { to: new Date(until).toISOString() }),
  })
  const data = records.map(({ body }) => body).filter((attempt) => outcome === undefined || attempt.outcome === outcome)
  return next === undefined ? { data } : { data, next }
}

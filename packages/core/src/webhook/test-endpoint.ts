import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { WebhookAttempt } from "./endpoint.ts"
import { findEndpoint } from "./get-endpoint.ts"
import { sendPing } from "./ping-endpoint.ts"
import { storeAttempt } from "./store-attempt.ts"

/** Sends a `webhook.ping` now, also to a disabled endpoint, and answers the attempt, which is listed. Changes no state. @throws RelayError `not_found`. */
export async function testEndpoint(
  ports: Pick<Ports, "records" | "webhooks" | "secrets" | "clock" | "ids" | "limits">,
  actor: Actor,
  id: string,
): Promise<WebhookAttempt> {
  const { body } = await findEndpoint(ports, actor, id)
  const attempt = await sendPing(ports, body)
  await storeAttempt(ports, attempt)
  return attempt
}

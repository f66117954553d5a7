import type { Actor } from "../key/key.ts"
import type { ComposedMail } from "../ports/mime.ts"
import type { Ports } from "../ports/ports.ts"
import { findOutbound } from "./find-message.ts"
import { composeStored } from "./stored-content.ts"

/**
 * The bytes of an outbound message as every attempt sends them.
 * @throws RelayError `not_found`, or `erased` when the content is gone.
 */
export async function readOutboundRaw(
  ports: Pick<Ports, "records" | "content" | "composer">,
  actor: Actor,
  id: string,
): Promise<ComposedMail> {
  const state = await findOutbound(ports, actor, id)
  return composeStored(ports, state.contentKey, state.date)
}

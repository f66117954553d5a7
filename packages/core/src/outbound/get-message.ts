import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { findOutbound } from "./find-message.ts"
import { type OutboundMessage, settledStatuses } from "./message.ts"
import { readBodies } from "./stored-content.ts"

export interface OutboundDetail extends OutboundMessage {
  text: string | null
  html: string | null
  headers: [name: string, value: string][]
}

const lookEveryMs = 100

/**
 * One outbound message with its text and HTML. With `waitMs` it waits until the message is settled, at most that long and not
 * beyond the signal.
 * @throws RelayError `not_found`.
 */
export async function getMessage(
  ports: Pick<Ports, "records" | "content" | "clock">,
  actor: Actor,
  request: { id: string; waitMs: number; signal?: AbortSignal },
): Promise<OutboundDetail> {
  const end = ports.clock.now() + request.waitMs
  let state = await findOutbound(ports, actor, request.id)
  while (!settledStatuses.has(state.message.status) && ports.clock.now() < end && request.signal?.aborted !== true) {
    // Cut short, it looks once more and answers.
    await ports.clock.sleep(Math.min(lookEveryMs, end - ports.clock.now()), request.signal).catch(() => undefined)
    state = await findOutbound(ports, actor, request.id)
  }
  return { ...state.message, ...(await readBodies(ports.content, state.contentKey)) }
}

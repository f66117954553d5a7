import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { findOutbound } from "./find-message.ts"
import type { Attempt } from "./message.ts"

/**
 * Every try over SMTP, oldest first, with the server's own words.
 * @throws RelayError `not_found`.
 */
export async function listMessageAttempts(ports: Pick<Ports, "records">, actor: Actor, id: string): Promise<Attempt[]> {
  return (await findOutbound(ports, actor, id)).attempts
}

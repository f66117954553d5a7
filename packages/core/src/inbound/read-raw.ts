import type { Actor } from "../key/key.ts"
import type { StoredContent } from "../ports/content-store.ts"
import type { Ports } from "../ports/ports.ts"
import { contentGone, findInbound } from "./find-inbound.ts"

/**
 * The bytes of a received message as the server sent them.
 * @throws RelayError `not_found`; `erased` where they are gone, or were never taken (oversize).
 */
export async function readRaw(
  ports: Pick<Ports, "records" | "content">,
  actor: Actor,
  id: string,
): Promise<StoredContent & { key: string }> {
  const { rawKey } = await findInbound(ports, actor, id)
  const stored = rawKey === null ? undefined : await ports.content.get(rawKey)
  if (rawKey === null || stored === undefined) throw contentGone(id, "raw mail")
  return { ...stored, key: rawKey }
}

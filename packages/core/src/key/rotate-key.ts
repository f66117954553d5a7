import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import type { Once } from "../record/once.ts"
import { checkGrant } from "./check-grant.ts"
import type { ShownKey } from "./create-key.ts"
import { getKey } from "./get-key.ts"
import type { Actor } from "./key.ts"
import { keySecret } from "./key-secret.ts"
import { moveKey } from "./move-key.ts"

/**
 * Replaces a key by a fresh one with the same id and rights, shown once; the old one works for the overlap.
 * @throws RelayError `not_found`; `exceeds_own_rights`: who gets the new key would have its rights.
 */
export async function rotateKey(
  ports: Pick<Ports, "records" | "ids" | "clock">,
  actor: Actor,
  rotation: { id: string; overlapSeconds: number; sha256: string | null; once?: Once | undefined },
): Promise<ShownKey> {
  const stored = await getKey(ports, actor, rotation.id)
  const { settings, sha256: current } = stored.record.body
  await checkGrant(ports, actor, settings)
  const next = keySecret(ports, { test: settings.test, sha256: rotation.sha256, once: rotation.once })
  // Nobody else can have drawn the same key: an earlier run of this request made it.
  if (next.sha256 === current && next.key !== null) return { record: stored.record.body, key: next.key }
  if (next.sha256 === current) throw new RelayError("already_exists", "This is the key's present sha256.")
  const record = await moveKey(ports, stored, { sha256: next.sha256, overlapMs: rotation.overlapSeconds * 1000 })
  return { record, key: next.key }
}

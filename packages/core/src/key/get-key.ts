import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { bindingsWithin } from "./check-grant.ts"
import type { Actor } from "./key.ts"
import { readKey, type StoredKey } from "./read-key.ts"

/** The key of an id, as far as the actor may see it. @throws RelayError `not_found`. */
export async function getKey(ports: Pick<Ports, "records">, actor: Actor, id: string): Promise<StoredKey> {
  const stored = await readKey(ports, id)
  if (stored === undefined || !(await bindingsWithin(ports, actor, stored.record.body.settings))) {
    throw new RelayError("not_found", `There is no key ${id}.`)
  }
  return stored
}

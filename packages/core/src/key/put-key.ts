import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { changeKey } from "./change-key.ts"
import { createKey, type KeyInput, type ShownKey } from "./create-key.ts"
import { getKey } from "./get-key.ts"
import type { Actor } from "./key.ts"
import { moveKey } from "./move-key.ts"
import { readKey } from "./read-key.ts"

/**
 * Makes the key of this id be what the input says; the same again changes nothing. A given `sha256` that differs replaces the
 * key at once; without one the key stays, or is made and shown once.
 * @throws RelayError as createKey and changeKey; `state_conflict` when `test` would change.
 */
export async function putKey(
  ports: Pick<Ports, "records" | "ids" | "clock">,
  actor: Actor,
  input: KeyInput & { id: string; when: Precondition | undefined },
): Promise<ShownKey & { created: boolean }> {
  if ((await readKey(ports, input.id)) === undefined) {
    checkPrecondition(undefined, input.when)
    return { ...(await createKey(ports, actor, input)), created: true }
  }
  const { record } = await getKey(ports, actor, input.id)
  if (record.body.settings.test !== input.settings.test) {
    throw new RelayError("state_conflict", "A key is a test key or a live key for life.", {
      fix: "Make another key.",
      extra: { current: record.body.settings.test ? "test" : "live", allowed: [] },
    })
  }
  const changed = await changeKey(ports, actor, { id: input.id, when: input.when, settings: () => input.settings })
  const sha256 = input.sha256?.toLowerCase() ?? changed.sha256
  if (sha256 === changed.sha256) return { record: changed, key: null, created: false }
  const moved = await moveKey(ports, await getKey(ports, actor, input.id), { sha256, overlapMs: 0 })
  return { record: moved, key: null, created: false }
}

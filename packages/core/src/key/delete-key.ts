import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { getKey } from "./get-key.ts"
import type { Actor } from "./key.ts"

/** Revokes a key, and with it every earlier one in its overlap. The pointer goes first: without it none of them opens anything. */
export async function deleteKey(
  ports: Pick<Ports, "records">,
  actor: Actor,
  target: { id: string; when: Precondition | undefined },
): Promise<void> {
  const { pointer, record } = await getKey(ports, actor, target.id)
  checkPrecondition(record.body, target.when)
  await ports.records.delete(pointer.id)
  await ports.records.delete(record.id)
}

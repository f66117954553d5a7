import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { getAccount } from "./get-account.ts"
import { planRecordId } from "./plan.ts"

/**
 * Removes an account: its credentials are gone with the record, then its polls end. Messages stay until retention. Cut off
 * between the two, the plan is left; a poll of an account that is gone does nothing.
 * @throws RelayError `not_found`, `version_mismatch`.
 */
export async function deleteAccount(
  ports: Pick<Ports, "records">,
  actor: Actor,
  target: { id: string; when: Precondition | undefined },
): Promise<void> {
  const stored = await getAccount(ports, actor, target.id)
  checkPrecondition(stored.body, target.when)
  await ports.records.delete(stored.id)
  await ports.records.delete(planRecordId(target.id))
}

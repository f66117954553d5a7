import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { getAccount } from "./get-account.ts"
import { removePlan } from "./plan.ts"

const maxTries = 8
/** By then the removal took place, or was cut off before it did. */
const closeAfterMs = 60_000

/**
 * Removes an account: its credentials are gone with the record, then its polls end. What it has not sent is cancelled: by the run
 * that would send it, and the rest by a job that is sent first, so that nothing is left whatever is cut off. Messages stay until
 * retention.
 * @throws RelayError `not_found`, `version_mismatch`, `overloaded` after eight lost races.
 */
export async function deleteAccount(
  ports: Pick<Ports, "records" | "jobs" | "ids">,
  actor: Actor,
  target: { id: string; when: Precondition | undefined },
): Promise<void> {
  const { id, when } = target
  let announced: string | undefined
  for (let tries = 0; tries < maxTries; tries++) {
    const stored = await getAccount(ports, actor, id)
    checkPrecondition(stored.body, when)
    const { incarnation } = stored.body
    if (announced !== incarnation) {
      const job = { type: "close_account.v1" as const, account: id, incarnation }
      await ports.jobs.send([{ job, delayMs: closeAfterMs, group: id }])
      announced = incarnation
    }
    const { won } = await ports.records.delete(stored.id, { version: stored.v })
    if (!won) continue
    await removePlan(ports, id)
    return
  }
  throw new RelayError("overloaded", "The account changed too often to be deleted. Try again.", { retryAfterMs: 1000 })
}

import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { AccountRecord } from "./account.ts"
import { accountToStore } from "./account-index.ts"
import { getAccount } from "./get-account.ts"
import { planOf, writePlan } from "./plan.ts"

const maxTries = 8

/**
 * Reads an account, lets `change` decide and writes by version; a lost race reads and decides again. The plan is written first
 * where polls begin or move and last where they end, and is mended even when nothing changed.
 * @throws RelayError `not_found`, `overloaded` after eight lost races, and what `change` throws.
 */
export async function changeAccount(
  ports: Pick<Ports, "records" | "ids">,
  actor: Actor,
  target: { id: string; change: (current: AccountRecord) => AccountRecord },
): Promise<{ before: AccountRecord; after: AccountRecord }> {
  for (let tries = 0; tries < maxTries; tries++) {
    const stored = await getAccount(ports, actor, target.id)
    const before = stored.body
    const after = target.change(before)
    const polled = planOf(ports.ids, after) !== null
    if (polled || after === before) await writePlan(ports, after)
    if (after === before) return { before, after }
    const put = await ports.records.put<AccountRecord>(accountToStore(after), { version: stored.v })
    if (!put.won) continue
    if (!polled) await writePlan(ports, after)
    return { before, after }
  }
  throw new RelayError("overloaded", "The account changed too often to be written. Try again.", { retryAfterMs: 1000 })
}

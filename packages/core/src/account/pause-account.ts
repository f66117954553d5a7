import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { AccountRecord } from "./account.ts"
import { changeAccount } from "./change-account.ts"
import { partStatus } from "./part-status.ts"
import { selectParts } from "./select-parts.ts"

/**
 * Stops polling and sending of the named parts, or all; mail for a paused part is accepted and waits. Pausing what is paused
 * changes nothing.
 * @throws RelayError `not_found`, `invalid_request` (no such part).
 */
export async function pauseAccount(
  ports: Pick<Ports, "records" | "ids">,
  actor: Actor,
  target: { id: string; parts: readonly string[] | null },
): Promise<AccountRecord> {
  const { after } = await changeAccount(ports, actor, {
    id: target.id,
    change: (current) => {
      const parts = selectParts(current, target.parts).filter((part) => !partStatus(current, part).paused)
      if (parts.length === 0) return current
      const paused = parts.map((part) => [part, { ...partStatus(current, part), paused: true }])
      return { ...current, status: { ...current.status, ...Object.fromEntries(paused) } }
    },
  })
  return after
}

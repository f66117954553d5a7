import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { AccountRecord, PartName, PartStatus } from "./account.ts"
import { changeAccount } from "./change-account.ts"
import { partStatus } from "./part-status.ts"
import { pollSoon } from "./poll-soon.ts"
import { selectParts } from "./select-parts.ts"
import { wakeMail } from "./wake-mail.ts"

/**
 * Lets the named parts, or all, work again. A part that rests after failures is tried at once (mail-rules F3), and the intake
 * is polled.
 * @throws RelayError `not_found`, `invalid_request` (no such part).
 */
export async function resumeAccount(
  ports: Pick<Ports, "records" | "ids" | "jobs" | "log">,
  actor: Actor,
  target: { id: string; parts: readonly string[] | null },
): Promise<AccountRecord> {
  const { before, after } = await changeAccount(ports, actor, {
    id: target.id,
    change: (current) => {
      const waiting = selectParts(current, target.parts).filter((part) => rests(partStatus(current, part)))
      if (waiting.length === 0) return current
      const resumed = waiting.map((part) => [part, { ...partStatus(current, part), paused: false, retryAt: 0 }])
      return { ...current, status: { ...current.status, ...Object.fromEntries(resumed) } }
    },
  })
  await wakeMail(ports, { before, after })
  const intake: PartName[] = ["imap", "pop3"]
  if (intake.some((part) => before.status[part] !== after.status[part])) await pollSoon(ports, after)
  return after
}

const rests = (status: PartStatus): boolean => status.paused || status.retryAt > 0

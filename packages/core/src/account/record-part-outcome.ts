import type { MailFault } from "../ports/mail-fault.ts"
import type { Ports } from "../ports/ports.ts"
import { type AccountRecord, accountRecordId, type PartName, type PartStatus } from "./account.ts"
import { announceNotes } from "./announce-account.ts"
import { fixOf } from "./fault-fix.ts"
import { partRetryMs } from "./part-retry.ts"
import { newPartStatus } from "./part-status.ts"

export interface PartOutcome {
  part: PartName
  /** Null: it worked. */
  fault: MailFault | null
  /** When the try began, milliseconds: of several that were refused together, one counts. */
  startedAt: number
}

/** How stale `last_success_at` may be before a success is written for its sake alone. */
const refreshMs = 15 * 60_000
const maxTries = 8
/** Enough for all parts of an account to change at once. */
const keptNotes = 8

type OutcomePorts = Pick<Ports, "records" | "jobs" | "content" | "clock" | "eventClock" | "ids" | "limits" | "log">

/**
 * Writes how a part of an account fared, then tells of a change: `account.failed` with the third refusal, or the first of an
 * account that never got in (mail-rules F3), `account.recovered` with the next success. A success that changes nothing is not
 * written, so a quiet poll costs no write. Cut off before it told, announceAccount tells it from the record.
 */
export async function recordPartOutcome(ports: OutcomePorts, account: string, outcome: PartOutcome): Promise<void> {
  const fraction = ports.ids.fraction()
  for (let tries = 0; tries < maxTries; tries++) {
    const current = await ports.records.get<AccountRecord>(accountRecordId(account))
    if (current === undefined) return
    const now = ports.clock.now()
    const before = current.body.status[outcome.part] ?? newPartStatus()
    const { fault, part } = outcome
    const after = fault === null ? succeeded(before, now) : failed(before, { part, fault, now, fraction })
    if (fault !== null && isSameRefusal(before, outcome)) return
    if (after === before) return
    const polled = part === "imap" || part === "pop3"
    const type = after.announced ? ("account.failed" as const) : ("account.recovered" as const)
    const notes = after.announced === before.announced ? [] : [{ type, part, at: now }]
    const body: AccountRecord = {
      ...current.body,
      status: { ...current.body.status, [part]: after },
      ...(polled ? { last_poll_at: new Date(now).toISOString() } : {}),
      ...(notes.length === 0 ? {} : { announce: [...(current.body.announce ?? []), ...notes].slice(-keptNotes) }),
    }
    const put = await ports.records.put<AccountRecord>({ ...current, body }, { version: current.v })
    if (!put.won) continue
    await announceNotes(ports, body, notes)
    return
  }
  ports.log.warn("account.outcome_not_written", { account, part: outcome.part })
}

/** Tries that were under way when a failure was written down tell nothing new; counting them would skip steps of the ladder. */
function isSameRefusal(before: PartStatus, { startedAt }: PartOutcome): boolean {
  return before.consecutive_failures > 0 && before.last_error !== null && Date.parse(before.last_error.at) > startedAt
}

function succeeded(before: PartStatus, now: number): PartStatus {
  const seen = before.last_success_at === null ? 0 : Date.parse(before.last_success_at)
  if (before.state === "ok" && before.consecutive_failures === 0 && now - seen < refreshMs) return before
  return {
    ...before,
    state: "ok",
    last_error: null,
    consecutive_failures: 0,
    last_success_at: new Date(now).toISOString(),
    retryAt: 0,
    announced: false,
    everOk: true,
  }
}

function failed(
  before: PartStatus,
  { part, fault, now, fraction }: { part: PartName; fault: MailFault; now: number; fraction: number },
): PartStatus {
  const credentials = fault.class === "auth" || fault.class === "oauth"
  const state = credentials ? "auth_failed" : fault.misconfigured ? "misconfigured" : "unreachable"
  const failures = before.state === state ? before.consecutive_failures + 1 : 1
  return {
    ...before,
    state,
    consecutive_failures: failures,
    retryAt: now + partRetryMs(state, failures, fraction),
    announced: before.announced || failures >= 3 || !before.everOk,
    last_error: {
      part,
      class: fault.class,
      code: fault.code,
      response: fault.response,
      fix: fixOf(fault),
      at: new Date(now).toISOString(),
    },
  }
}

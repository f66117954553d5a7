import type { AccountRecord, LastError, PartName, PartState, PartStatus, ServerSettings } from "./account.ts"
import { partStates } from "./account.ts"
import { intakePart, partNames, partStatus } from "./part-status.ts"

/** What is read back of a part, and of the account as a whole. */
export interface ShownStatus {
  state: PartState
  last_error: LastError | null
  consecutive_failures: number
}

export interface ShownPolls {
  last_poll_at: string | null
  next_poll_at: string | null
  /** Seconds that new mail may have waited unseen: since the last good poll, less an interval. 0 while polls succeed. */
  lag_seconds: number
}

/** An account as the API and its events show it: settings and status, secrets only as a list of their places. `now` in milliseconds. */
export function showAccount(account: AccountRecord, now: number): Record<string, unknown> {
  const { id, settings, created_at, updated_at } = account
  const polls = showPolls(account, now)
  return {
    id,
    ...settings,
    smtp: settings.smtp.map((route) => {
      const status = partStatus(account, `smtp:${route.name}`)
      return { ...route, ...showPart(status), health: healthOf(status, now) }
    }),
    imap: showIntake(account, "imap", polls),
    pop3: showIntake(account, "pop3", polls),
    secrets: Object.keys(account.secrets).sort(),
    state: accountState(account),
    last_error: worstStatus(account)?.last_error ?? null,
    consecutive_failures: worstStatus(account)?.consecutive_failures ?? 0,
    ...(intakePart(settings) === null ? { last_poll_at: null, next_poll_at: null, lag_seconds: 0 } : polls),
    created_at,
    updated_at,
  }
}

/** The worst part's state; parts that are paused do not count unless all are. An account without servers is `ok`. */
export function accountState(account: AccountRecord): PartState {
  const parts = partNames(account.settings).map((part) => partStatus(account, part))
  if (parts.length > 0 && parts.every(({ paused }) => paused)) return "paused"
  return worstStatus(account)?.state ?? "ok"
}

function worstStatus(account: AccountRecord): PartStatus | undefined {
  const running = partNames(account.settings)
    .map((part: PartName) => partStatus(account, part))
    .filter(({ paused }) => !paused)
  return running.sort((a, b) => partStates.indexOf(a.state) - partStates.indexOf(b.state))[0]
}

function showPart(status: PartStatus): ShownStatus {
  const { last_error, consecutive_failures } = status
  return { state: status.paused ? "paused" : status.state, last_error, consecutive_failures }
}

function showIntake(account: AccountRecord, part: "imap" | "pop3", polls: ShownPolls): Record<string, unknown> | null {
  const settings: ServerSettings | null = account.settings[part]
  return settings === null ? null : { ...settings, ...showPart(partStatus(account, part)), ...polls }
}

/**
 * Quiet polls are not written down, so the last one on record may be up to a quarter of an hour old; from it the plan's next one
 * follows, or the first after the rest that a failing intake takes.
 */
function showPolls(account: AccountRecord, now: number): ShownPolls {
  const { last_poll_at, settings } = account
  const part = intakePart(settings)
  const none = { last_poll_at, next_poll_at: null, lag_seconds: 0 }
  if (part === null) return none
  const status = partStatus(account, part)
  const intervalMs = (settings[part]?.poll_seconds ?? 60) * 1000
  if (status.paused || last_poll_at === null) return none
  const last = Date.parse(last_poll_at)
  const from = Math.max(now, status.retryAt)
  const next = last + Math.ceil(Math.max(from - last, 1) / intervalMs) * intervalMs
  const seen = Date.parse(status.last_success_at ?? account.created_at)
  const lateMs = status.state === "ok" ? 0 : Math.max(0, now - seen - intervalMs)
  return { last_poll_at, next_poll_at: new Date(next).toISOString(), lag_seconds: Math.floor(lateMs / 1000) }
}

function healthOf(status: PartStatus, now: number): "unknown" | "healthy" | "failing" | "resting" {
  if (status.state === "ok") return "healthy"
  if (status.state === "connecting") return "unknown"
  return status.retryAt > now ? "resting" : "failing"
}

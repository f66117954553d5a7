import type { AccountRecord, AccountSettings, PartName, PartStatus } from "./account.ts"

/** Status of a part that was not tried since its settings were written. */
export function newPartStatus(): PartStatus {
  return {
    state: "connecting",
    paused: false,
    last_error: null,
    consecutive_failures: 0,
    last_success_at: null,
    retryAt: 0,
    announced: false,
    everOk: false,
  }
}

/** All parts of an account, the intake last. */
export function partNames(settings: Pick<AccountSettings, "smtp" | "imap" | "pop3">): PartName[] {
  const routes = settings.smtp.map(({ name }): PartName => `smtp:${name}`)
  const intake = intakePart(settings)
  return intake === null ? routes : [...routes, intake]
}

/** The part that receives, or null. */
export function intakePart(settings: Pick<AccountSettings, "imap" | "pop3">): "imap" | "pop3" | null {
  if (settings.imap !== null) return "imap"
  return settings.pop3 === null ? null : "pop3"
}

export function partStatus(account: AccountRecord, part: PartName): PartStatus {
  return account.status[part] ?? newPartStatus()
}

import type { FaultClass } from "@postrider/core/ports/mail-fault"

/** Response codes (RFC 5530, RFC 9051 section 7.1) that speak of the server's state and never of the credentials (mail-rules F2). */
export const busyCodes: Readonly<Record<string, FaultClass>> = {
  LIMIT: "too_many_connections",
  INUSE: "throttled",
  UNAVAILABLE: "throttled",
  SERVERBUG: "throttled",
  THROTTLED: "throttled",
}

/** Words of servers that say busy without a code, or with [ALERT]. */
export const busyTexts: readonly { words: RegExp; class: FaultClass }[] = [
  // Gmail: "[ALERT] Too many simultaneous connections. (Failure)"; Dovecot: "Maximum number of connections from user+IP exceeded"
  { words: /too many (?:\w+ )?(?:connections|sessions)|maximum number of connections/i, class: "too_many_connections" },
  // Gmail: "[OVERQUOTA] Account exceeded command or bandwidth limits."; Yahoo: "LOGIN Rate limit hit"
  { words: /exceeded command or bandwidth|rate limit|throttled/i, class: "throttled" },
  // Dovecot: "Temporary authentication failure"; Yahoo: "Server error - Please try again later"
  { words: /temporar(?:y|ily)|try again later|internal server error|server (?:is )?busy/i, class: "throttled" },
]

/** What a refused login means beside wrong credentials, by response code. */
export const loginFixes: Readonly<Record<string, string>> = {
  AUTHENTICATIONFAILED: "check username and password; providers with two-step login ask for an app password",
  AUTHORIZATIONFAILED: "the login is valid, but may not open this mailbox; check username",
  EXPIRED: "the password has expired; set a new one",
  CONTACTADMIN: "the server's administrator has to enable this login",
  WEBALERT: "sign in once with a browser, or use an app password",
}

/** Class of a busy answer, or null where the server means what it refused. */
export function busyClass(code: string | null, text: string | null): FaultClass | null {
  const byCode = code === null ? undefined : busyCodes[code]
  if (byCode !== undefined) return byCode
  return text === null ? null : (busyTexts.find((row) => row.words.test(text))?.class ?? null)
}
